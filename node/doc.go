// Package node is the shell around the pure machines: clock, goroutines, network
// and sound.
package node
