package invite

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// people are few, so that drawn chains often hold together.
var people = []identity.Key{keyOf(1), keyOf(2), keyOf(3)}

// drawInvite draws what a signer may put into an invite after parent: often just
// inside or just outside what the parent allows.
func drawInvite(rt *rapid.T, parent Invite) Invite {
	i := Invite{
		Room:     room,
		Role:     Role(rapid.IntRange(1, 3).Draw(rt, "role")),
		NotAfter: rapid.SampledFrom([]int64{0, now.Unix() - 1, now.Unix(), now.Unix() + 60}).Draw(rt, "until"),
		Quota:    uint32(rapid.IntRange(0, 4).Draw(rt, "quota")),
		Serial:   uint32(rapid.IntRange(0, 4).Draw(rt, "serial")),
	}
	if rapid.IntRange(0, 2).Draw(rt, "agree") > 0 { // most chains ought to hold
		i.Role, i.NotAfter, i.Serial = max(1, min(i.Role, parent.Role)), 0, 0
		i.Quota = min(i.Quota, max(parent.Quota, 1)-1)
	}
	if parent.Named() && rapid.IntRange(0, 3).Draw(rt, "bearer") == 0 {
		i.BearerHash = Bearer{9}.Hash()
		i.Uses = uint32(rapid.IntRange(0, 2).Draw(rt, "uses"))
		if rapid.Bool().Draw(rt, "redeemer") {
			i.Redeemers = []identity.ID{rapid.SampledFrom(people).Draw(rt, "who redeems").ID()}
		}
		return i
	}
	i.Invitee = rapid.SampledFrom(people).Draw(rt, "invitee").ID()
	return i
}

// drawChain draws a chain by signers who may or may not be allowed to sign.
func drawChain(t *testing.T, rt *rapid.T) Chain {
	t.Helper()
	host := people[0]
	last, by := Invite{Role: Moderator, Quota: 5, Invitee: host.ID()}, host
	var steps []signed
	for range rapid.IntRange(1, 5).Draw(rt, "steps") {
		i := drawInvite(rt, last)
		if rapid.IntRange(0, 5).Draw(rt, "cheat") == 0 {
			by = rapid.SampledFrom(people).Draw(rt, "signer")
		}
		steps = append(steps, signed{by, i})
		last = i
		if i.Named() { // a bearer invite's issuer signs the ticket too
			by = people[indexOf(i.Invitee)]
		}
	}
	return forge(t, steps...)
}

func indexOf(id identity.ID) int {
	for n, k := range people {
		if k.ID() == id {
			return n
		}
	}
	return 0
}

// TestNoChainGrantsMoreThanItsParent holds every chain that verifies against its
// own beginning: that verifies too, and grants at least as much.
func TestNoChainGrantsMoreThanItsParent(t *testing.T) {
	valid := 0
	rapid.Check(t, func(rt *rapid.T) {
		c, hostID := drawChain(t, rt), people[0].ID()
		child, err := c.Verify(room, hostID, now)
		if err != nil {
			return
		}
		valid++
		for n := len(c) - 1; n > 0; n-- {
			parent, err := c[:n].Verify(room, hostID, now)
			if err != nil {
				rt.Fatalf("%d steps hold, %d of them do not: %v", n+1, n, err)
			}
			if child.Role > parent.Role {
				rt.Errorf("role %v after %v", child.Role, parent.Role)
			}
			if !parent.NotAfter.IsZero() && (child.NotAfter.IsZero() || child.NotAfter.After(parent.NotAfter)) {
				rt.Errorf("ends %v after %v", child.NotAfter, parent.NotAfter)
			}
			ticket := parent.Holder.IsZero()
			if child.Quota > parent.Quota || (child.Quota == parent.Quota && !ticket) {
				rt.Errorf("quota %d after %d", child.Quota, parent.Quota)
			}
			if !ticket && child.Issuer != parent.Holder {
				rt.Errorf("signed by %v, held by %v", child.Issuer, parent.Holder)
			}
			if child.Depth != n+1 || parent.Depth != n {
				rt.Errorf("depths %d and %d, want %d and %d", child.Depth, parent.Depth, n+1, n)
			}
			child = parent
		}
	})
	if valid == 0 {
		t.Error("no drawn chain was valid: the test shows nothing")
	}
}

// TestIssueAndVerifyAgree: what Issue signs at a chain's end verifies while all are
// in time, and what it refuses does not.
func TestIssueAndVerifyAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, hostID := drawChain(t, rt), people[0].ID()
		if _, err := c.Verify(room, hostID, now); err != nil {
			return
		}
		last, _, err := c.Last()
		if err != nil {
			rt.Fatal(err)
		}
		by := rapid.SampledFrom(people).Draw(rt, "by")
		i := drawInvite(rt, last)
		i.NotAfter = 0
		_, refused := Issue(by, c, i)
		_, invalid := forge(t, append(reopen(t, c), signed{by, i})...).Verify(room, hostID, now)
		if (refused == nil) != (invalid == nil) {
			rt.Errorf("issue says %v, verify says %v", refused, invalid)
		}
	})
}

// reopen takes a chain apart into what was signed by whom.
func reopen(t *testing.T, c Chain) []signed {
	t.Helper()
	steps, err := c.steps()
	if err != nil {
		t.Fatal(err)
	}
	var out []signed
	for _, s := range steps {
		out = append(out, signed{people[indexOf(s.issuer)], s.Invite})
	}
	return out
}
