package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/banyan-rooms/banyan"

// floor is what a package may import, beside the standard library. A name that ends
// in /... stands for a folder and all below it; the most exact rule counts.
type floor struct {
	pkg  string
	own  []string // packages of ours, without the module's path
	libs []string // prefixes of others
}

// cgo is what only cmd/banyan may bring in.
var cgo = []string{"node/audio/opus", "node/audio/device"}

// floors is the import table of the house: each package, from the ground up.
var floors = []floor{
	{"crypto/...", []string{"crypto/..."}, []string{
		"golang.org/x/crypto", "github.com/fxamacker/cbor", "github.com/ipfs/go-cid", "github.com/multiformats/go-multihash",
		"github.com/libp2p/go-libp2p/core/crypto", "github.com/libp2p/go-libp2p/core/peer", "github.com/libp2p/go-libp2p/core/record",
		"github.com/tyler-smith/go-bip39",
	}},

	{"mesh", []string{"crypto/identity", "crypto/canon", "crypto/sframe", "mesh/wire"}, nil},
	{"mesh/wire", []string{"crypto/identity", "crypto/canon", "crypto/sframe"}, nil},
	{"rooms", []string{"crypto/..."}, nil},
	{"node/audio", nil, nil},
	{"node/measure", []string{"crypto/identity", "node/audio"}, nil},
	{"node/play", []string{"node/audio"}, nil},
	{"node/transport", []string{"crypto/identity", "crypto/canon"}, nil},
	{"node/store", []string{"crypto/identity", "crypto/canon"}, []string{"go.etcd.io/bbolt", "filippo.io/age"}},

	{"mesh/sim/soak", []string{"mesh/sim", "mesh/sim/scenarios"}, nil},
	{"mesh/sim/scenarios", []string{"mesh/sim", "mesh/sim/baseline"}, []string{"go.yaml.in/yaml/v3"}},
	{"mesh/sim", []string{"mesh", "mesh/wire", "crypto/identity", "crypto/canon", "crypto/sframe"}, nil},
	{"mesh/sim/baseline/...", []string{"mesh", "mesh/wire", "mesh/sim", "mesh/sim/baseline/...", "crypto/identity", "crypto/sframe"}, nil},
	{"node/netlab", []string{"mesh/sim"}, []string{"golang.org/x/sys"}},
	{"node/transport/memory", []string{"node/transport", "crypto/identity"}, nil},
	{"node/transport/p2p", []string{"node/transport", "crypto/identity", "crypto/canon"}, []string{
		"github.com/libp2p", "github.com/multiformats", "github.com/ipfs", "github.com/quic-go/quic-go",
	}},
	{"node/transport/rtc", []string{"node/transport", "crypto/identity", "crypto/canon"}, []string{"github.com/pion", "golang.org/x/net"}},
	{"node/audio/...", []string{"node/audio/...", "crypto/identity", "crypto/sframe"}, []string{"gonum.org/v1/gonum"}},
	{"node/audio/opus", []string{"node/audio"}, []string{"gopkg.in/hraban/opus.v2"}},
	{"node/audio/device", []string{"node/audio"}, []string{"github.com/gen2brain/malgo"}},

	{"node", []string{
		"crypto/...", "mesh", "mesh/wire", "rooms", "node/audio", "node/transport", "node/store",
	}, nil},

	{"node/web", []string{"node", "rooms", "crypto/...", "node/audio", "node/audio/..."}, []string{"github.com/pion", "github.com/prometheus/procfs"}},

	{"cmd/...", []string{"..."}, []string{"github.com/spf13", "golang.org/x", "gonum.org/v1", "gopkg.in/yaml.v3", "github.com/prometheus"}},
	{"cmd/banyan-relay", []string{"cmd/internal/...", "crypto/...", "rooms", "node", "node/store", "node/transport/..."}, []string{
		"github.com/spf13", "golang.org/x", "github.com/prometheus",
	}},
	{"cmd/banyan-sim", []string{"cmd/...", "crypto/...", "mesh/..."}, []string{"github.com/spf13", "golang.org/x", "gonum.org/v1", "gopkg.in/yaml.v3"}},
}

// listed is what `go list` says about a package.
type listed struct {
	ImportPath string
	Dir        string
	Standard   bool
	Imports    []string
	CgoFiles   []string
}

// list runs `go list` on patterns, from the module's root.
func list(args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-tags", "nolibopusfile", "-json=ImportPath,Dir,Standard,Imports,CgoFiles"}, args...)...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // so that cgo files are seen
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// ours are the module's own packages.
var ours = sync.OnceValues(func() ([]listed, error) { return list("./...") })

func packages(t *testing.T) []listed {
	t.Helper()
	all, err := ours()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return all
}

// covers tells whether a name is, or is in, what a pattern names.
func covers(pattern, name string) bool {
	folder, all := strings.CutSuffix(pattern, "...")
	return pattern == name || all && (strings.HasPrefix(name+"/", folder) || folder == "")
}

// ruleOf is the most exact rule about a package.
func ruleOf(name string) (best floor, found bool) {
	for _, f := range floors {
		if covers(f.pkg, name) && (!found || len(f.pkg) > len(best.pkg)) {
			best, found = f, true
		}
	}
	return best, found
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		rule, found := ruleOf(name)
		if !found {
			t.Errorf("%s stands on no floor: give it a place in floors_test.go", name)
			continue
		}
		for _, i := range p.Imports {
			own, isOwn := strings.CutPrefix(i, module+"/")
			switch {
			case isOwn && !slices.ContainsFunc(rule.own, func(may string) bool { return covers(may, own) }):
				t.Errorf("%s imports %s, which is above it or beside it", name, own)
			case isOwn && slices.Contains(cgo, own) && name != "cmd/banyan":
				t.Errorf("%s imports %s, which needs a C compiler: only cmd/banyan may", name, own)
			case !isOwn && strings.Contains(strings.Split(i, "/")[0], ".") &&
				!slices.ContainsFunc(rule.libs, func(lib string) bool { return i == lib || strings.HasPrefix(i, lib+"/") }):
				t.Errorf("%s imports %s, which is not its business", name, i)
			}
		}
	}
}

// pure tells whether a package is one of the machines, or of what they are made of.
func pure(name string) bool {
	return name == "mesh" || name == "mesh/wire" || name == "rooms" || strings.HasPrefix(name, "crypto")
}

// TestPureFloorsRunAlone looks for goroutines, in tests as well: where there are none, the
// race detector has nothing to find, and `make race` leaves the package out.
func TestPureFloorsRunAlone(t *testing.T) {
	for _, p := range packages(t) {
		if !pure(strings.TrimPrefix(p.ImportPath, module+"/")) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files in %s (%v)", p.ImportPath, p.Dir, err)
		}
		for _, path := range files {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if g, ok := n.(*ast.GoStmt); ok {
					t.Errorf("%s: a goroutine", set.Position(g.Pos()))
				}
				return true
			})
		}
	}
}

// TestPureFloorsDoNothing looks at what the machines import themselves: fmt brings os
// and sync along, so here only direct imports count.
func TestPureFloorsDoNothing(t *testing.T) {
	banned := []string{"net", "os", "sync", "context", "log", "math/rand", "runtime", "syscall", "unsafe"}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if !pure(name) && !covers("mesh/sim/baseline/...", name) {
			continue
		}
		for _, i := range p.Imports {
			if slices.ContainsFunc(banned, func(b string) bool { return i == b || strings.HasPrefix(i, b+"/") && i != "math/rand/v2" }) {
				t.Errorf("%s imports %s: it takes events and gives effects, and does nothing itself", name, i)
			}
		}
	}
}

// TestBuildsWithoutC holds that the relay and the simulator need no C compiler.
func TestBuildsWithoutC(t *testing.T) {
	for _, cmd := range []string{"cmd/banyan-relay", "cmd/banyan-sim"} {
		deps, err := list("-deps", "./"+cmd)
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(deps) < 100 {
			t.Fatalf("%s has %d dependencies: the list is not whole", cmd, len(deps))
		}
		for _, p := range deps {
			name := strings.TrimPrefix(p.ImportPath, module+"/")
			switch {
			case !p.Standard && len(p.CgoFiles) > 0:
				t.Errorf("%s depends on %s, which uses cgo", cmd, name)
			case slices.Contains(cgo, name), covers("node/web/...", name):
				t.Errorf("%s depends on %s", cmd, name)
			}
		}
	}
}

// TestNothingShippedNeedsTheLab holds that what tests alone use stays out of programs.
func TestNothingShippedNeedsTheLab(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(p.Imports, module+"/node/netlab") {
			t.Errorf("%s imports node/netlab, which is for tests", p.ImportPath)
		}
	}
}

// TestEachPackageHasOneComment keeps the package docs where a reader looks for them.
func TestEachPackageHasOneComment(t *testing.T) {
	for _, p := range packages(t) {
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var with []string
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if f.Doc != nil {
				with = append(with, filepath.Base(path))
			}
		}
		if len(with) != 1 {
			t.Errorf("%s has its package comment in %v, want exactly one", p.ImportPath, with)
		}
	}
}
