package sim

// slab keeps the payloads that events point at by number, and uses the room of
// those that were dropped again.
type slab[T any] struct {
	items []T
	free  []int32
}

// put keeps a payload and returns its number.
func (s *slab[T]) put(v T) int32 {
	if n := len(s.free); n > 0 {
		ref := s.free[n-1]
		s.free = s.free[:n-1]
		s.items[ref] = v
		return ref
	}
	s.items = append(s.items, v)
	return int32(len(s.items) - 1)
}

// at returns a payload in place, until the next put.
func (s *slab[T]) at(ref int32) *T { return &s.items[ref] }

// drop forgets a payload.
func (s *slab[T]) drop(ref int32) {
	var zero T
	s.items[ref] = zero
	s.free = append(s.free, ref)
}
