package invite

import "fmt"

// Role is how much someone may do in a room, in rising order of authority. The
// zero Role is no role.
type Role uint8

// The roles.
const (
	Listener  Role = 1 // hears, raises a hand
	Speaker   Role = 2 // may be on the stage
	Moderator Role = 3 // invites up, moves down, removes
	Host      Role = 4 // made the room
)

var roleNames = [...]string{"none", "listener", "speaker", "moderator", "host"}

// String returns the role's name.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// ParseRole reads a role's name.
func ParseRole(name string) (Role, error) {
	for i, n := range roleNames[1:] {
		if n == name {
			return Role(i + 1), nil
		}
	}
	return 0, fmt.Errorf("role %q: want listener, speaker, moderator or host", name)
}
