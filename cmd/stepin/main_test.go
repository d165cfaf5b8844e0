package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

const asProgram = "STEPIN_TEST_AS_PROGRAM"

// TestMain lets the test binary be stepin itself, for tests that need a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is stepin as a process of its own, with this environment and no other.
func program(t *testing.T, ctx context.Context, env []string, args ...string) *exec.Cmd { //nolint:revive // t first, as in every helper
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(env, asProgram+"=1")
	return cmd
}
