package rooms

// bitset is a set of small numbers.
type bitset []uint64

func (b bitset) has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b *bitset) add(i int) {
	b.grow(i/64 + 1)
	(*b)[i/64] |= 1 << (i % 64)
}

// join adds all of another set.
func (b *bitset) join(other bitset) {
	b.grow(len(other))
	for i, w := range other {
		(*b)[i] |= w
	}
}

func (b *bitset) grow(words int) {
	if missing := words - len(*b); missing > 0 {
		*b = append(*b, make(bitset, missing)...)
	}
}

// full tells whether all numbers below n are in the set.
func (b bitset) full(n int) bool {
	for i := range n {
		if !b.has(i) {
			return false
		}
	}
	return true
}
