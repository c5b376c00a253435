package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// percent is a share that is written as 2% or as 0.02.
type percent float64

// String writes the share as a percentage.
func (p *percent) String() string {
	return strconv.FormatFloat(float64(*p)*100, 'g', 10, 64) + "%"
}

// Set reads a share.
func (p *percent) Set(s string) error {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if isPercent {
		v /= 100
	}
	if err != nil || v < 0 || v > 1 {
		return errors.New("want a share such as 2% or 0.02, at most 100%")
	}
	*p = percent(v)
	return nil
}

// Type is the word for the value in the help.
func (p *percent) Type() string { return "share" }

// choice is a flag that takes one of a few words.
type choice[T any] struct {
	word string
	of   map[string]T
}

func (c *choice[T]) value() T { return c.of[c.word] }

// names lists the words, in order.
func (c *choice[T]) names() string {
	return strings.Join(slices.Sorted(maps.Keys(c.of)), " or ")
}

// String is the word chosen.
func (c *choice[T]) String() string { return c.word }

// Set chooses a word.
func (c *choice[T]) Set(s string) error {
	if _, ok := c.of[s]; !ok {
		return fmt.Errorf("want %s", c.names())
	}
	c.word = s
	return nil
}

// Type is the word for the value in the help.
func (c *choice[T]) Type() string { return "word" }
