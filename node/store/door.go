package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	doorName    = "node.json"
	maxDoorFile = 4 << 10 // bytes
)

// ErrNoDoor says that no node of a data directory can be asked for anything.
var ErrNoDoor = errors.New("no node that could be asked runs on the data directory")

var errLong = errors.New("longer than anything that this program wrote")

// Door is how the same person's other programs reach the node that has the data
// directory. Whoever can read the directory can use it.
type Door struct {
	Address string `json:"address"` // of its API, http://127.0.0.1:<port>
	Token   string `json:"token"`   // bearer token
}

// OpenDoor says where the node is. It holds until the store is closed.
func (s *Store) OpenDoor(d Door) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("write where the node is: %w", err)
	}
	path := doorOf(filepath.Dir(s.path))
	return sentence(path, writeWhole(path, append(text, '\n')))
}

// FindDoor reads where the node of a data directory is. The node may have ended
// without a word since.
func FindDoor(dir string) (Door, error) {
	text, err := readFile(doorOf(dir), maxDoorFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Door{}, ErrNoDoor
	}
	var d Door
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		return Door{}, fmt.Errorf("read %s: %w", doorOf(dir), err)
	}
	return d, nil
}

func doorOf(dir string) string { return filepath.Join(dir, doorName) }

// closeDoor forgets the door of this store, or of one that ended without a word.
func closeDoor(dir string) error {
	if err := os.Remove(doorOf(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return sentence(doorOf(dir), err)
	}
	return nil
}

// readFile reads a small file of the data directory.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, sentence(path, err)
	case info.Size() > limit:
		return nil, fmt.Errorf("%w: %d bytes", errLong, info.Size())
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("this user may not read %s; change its owner: %w", path, err)
	}
	return text, sentence(path, err)
}
