package web

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestScripts runs what tests the page's scripts without a browser. It needs Node.js,
// which is not needed to build, so that it is skipped where there is none.
func TestScripts(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs Node.js")
	}
	// The page's scripts are modules by how they are asked for; Node.js wants it written
	// beside them, and what lies in ui/ is served.
	dir := t.TempDir()
	for _, part := range []string{"browser", "ui"} {
		if err := os.Mkdir(filepath.Join(dir, part), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type": "module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "ui", "js"), os.DirFS("ui/js")); err != nil {
		t.Fatal(err)
	}
	tests, err := filepath.Glob("browser/*.test.mjs")
	if err != nil || len(tests) == 0 {
		t.Fatalf("tests of the scripts: %v, %v", tests, err)
	}
	for _, file := range append(tests, "browser/made.mjs") {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), script, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range tests {
		cmd := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=tap", test)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", test, err, out)
		}
	}
}
