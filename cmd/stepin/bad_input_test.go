package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"stepin/store"
)

// makeNewer leaves a file as a stepin of the far future would.
func makeNewer(t *testing.T, path string) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}

// A stepin.yaml that nobody named counts too: a list of people in it must not be ignored.
func TestUsualConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := configFlag{}.read(env{ctx: t.Context(), getenv: func(string) string { return "" }})
	if err != nil || !c.allowed().Everybody {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	if err := os.WriteFile("stepin.yaml", []byte("# ours\nallowed: [U012ABCDEF]\nwords: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = configFlag{}.read(env{ctx: t.Context(), getenv: func(string) string { return "" }})
	if a := c.allowed(); err != nil || a.Everybody || len(a.Users) != 1 || c.Words != "mine" {
		t.Errorf("with one: %+v, %v", c, err)
	}
}

func TestSecretHides(t *testing.T) {
	s := secret("xoxb-very-secret")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s)
	js, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), string(js), log.String(), fmt.Sprintf("%+v", settings{botToken: s})} {
		if strings.Contains(text, "very") {
			t.Errorf("told: %s", text)
		}
	}
}
