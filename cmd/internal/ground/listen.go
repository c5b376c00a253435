package ground

import (
	"net"
	"strconv"
	"strings"
)

// linkAddress is where the links that carry sound listen, as it follows from the
// multiaddrs of --listen: the same address as the first of them, on the UDP port after
// its own, so that an operator knows which two ports to open. Without an address or a
// port it is any.
func linkAddress(listen []string) string {
	if len(listen) == 0 {
		return ""
	}
	parts := strings.Split(listen[0], "/") // "", "ip4", address, "udp", port, ...
	if len(parts) < 5 {
		return ""
	}
	port, err := strconv.Atoi(parts[4])
	if err != nil || port == 0 {
		return net.JoinHostPort(parts[2], "0")
	}
	return net.JoinHostPort(parts[2], strconv.Itoa(port+1))
}
