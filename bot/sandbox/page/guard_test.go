package page

import "testing"

// Nothing but a host and its port gets into the policy.
func TestOwnLine(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1:8080": " ws://127.0.0.1:8080", "localhost:1": " ws://localhost:1",
		"localhost": "", "[::1]:8080": "", "127.0.0.1:": "", "127.0.0.1:80; script-src *": "",
	} {
		if got := ownLine(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}
