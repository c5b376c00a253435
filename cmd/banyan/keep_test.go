package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// banyan runs a command as from a script, and returns what it printed.
func banyan(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(new(bytes.Buffer))
	root.PersistentFlags().String("log-level", "error", "")
	root.SilenceUsage, root.SilenceErrors = true, true
	err := root.ExecuteContext(t.Context())
	return strings.TrimSpace(out.String()), err
}

func TestAnIdentityIsKept(t *testing.T) {
	dir := t.TempDir()
	here, there := filepath.Join(dir, "here"), filepath.Join(dir, "there")
	first, second, short := filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "short")
	for path, text := range map[string]string{first: "under the tree\nand more", second: "another tree\r\n", short: "tree\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must := func(stdin string, args ...string) string {
		t.Helper()
		out, err := banyan(t, stdin, args...)
		if err != nil {
			t.Fatalf("banyan %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	refused := func(says string, args ...string) {
		t.Helper()
		if out, err := banyan(t, "", args...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("banyan %s: printed %q, %v; want an error that says %q", strings.Join(args, " "), out, err, says)
		}
	}
	refused("no identity yet", "id", "export", "--data", here)
	refused("no identity yet", "id", "lock", "--data", here, "--new-passphrase-file", first)
	id := must("", "id", "--data", here)
	words := must("", "id", "export", "--data", here)
	if got := len(strings.Fields(words)); got != 24 || strings.Count(words, "\n") != 3 {
		t.Errorf("exported %d words in\n%s", got, words)
	}

	refused("there is no terminal", "id", "lock", "--data", here)
	refused("8 characters", "id", "lock", "--data", here, "--new-passphrase-file", short)
	must("", "id", "lock", "--data", here, "--new-passphrase-file", first)
	if got := must("", "id", "--data", here); got != id {
		t.Errorf("locked, the identity is %s, want %s", got, id)
	}
	refused("--passphrase-file", "id", "export", "--data", here)
	refused("does not hold the passphrase", "id", "export", "--data", here, "--passphrase-file", second)
	refused("--passphrase-file", "room", "list", "--data", here, "--mdns=false", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1")
	must("", "id", "lock", "--data", here, "--passphrase-file", first, "--new-passphrase-file", second)
	if got := must("", "id", "export", "--data", here, "--passphrase-file", second); got != words {
		t.Errorf("locked, the words are\n%s\nwant\n%s", got, words)
	}
	must("", "id", "unlock", "--data", here, "--passphrase-file", second)

	for _, text := range []string{words, strings.ReplaceAll(words, " ", "\n") + "\n\n", "\n" + words + "\n"} {
		if got := must(text, "id", "import", "--data", there); got != id {
			t.Errorf("imported %s, want %s", got, id)
		}
	}
	if got := must("", "id", "--data", there); got != id {
		t.Errorf("after the import there is %s, want %s", got, id)
	}
	other := filepath.Join(dir, "other")
	must("", "id", "--data", other)
	if _, err := banyan(t, words, "id", "import", "--data", other); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("imported over somebody else: %v", err)
	}
	if _, err := banyan(t, "abandon ship", "id", "import", "--data", there); err == nil || !strings.Contains(err.Error(), "there are 2") {
		t.Errorf("imported two words: %v", err)
	}
}
