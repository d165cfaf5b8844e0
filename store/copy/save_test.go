package copy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// lived is a closed file with one of everything, 200 requests, and a user group that is too large for the page of the
// tables' names. Much of it was written over.
func lived(t testing.TB) (path string, c store.Contents) {
	t.Helper()
	path = storetest.File(t)
	d := opened(t, path, store.Options{Team: "T1"})
	update(t, d, storetest.Fill)
	for i := range 10 {
		update(t, d, func(tx storage.Tx) (err error) {
			for j := range 20 {
				r := storetest.Request(nudges.RequestID(fmt.Sprintf("S%d-%d", i, j)))
				r.Plan = strings.Repeat("private", 20)
				err = errors.Join(err, tx.PutRequest(r, nudges.Transition{Seq: 1, By: "U1", At: storetest.T0, Why: "decide"}),
					tx.Enqueue(storetest.T0, nudges.Message{Key: string(r.ID) + "/1/U1/card", Request: r.ID}))
			}
			return errors.Join(err, tx.Record(fmt.Sprint("envelope", i), bytes.Repeat([]byte("a"), 500+3000*(i%2)), storetest.T0))
		})
		if err := d.PutGroup(t.Context(), "S1", make([]nudges.UserID, 300+i), storetest.T0); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Close(t, d)
	c, err := Verify(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return path, c
}

// saved is what a backup of a damaged file holds; it is whole, and opens.
func saved(t testing.TB, whole []byte) (c store.Contents, s store.Saved, err error) {
	t.Helper()
	path := storetest.File(t)
	storetest.Write(t, path, whole)
	to := filepath.Join(t.TempDir(), "saved.db")
	if c, err = Backup(t.Context(), path, to, Options{Damaged: &s}); err != nil {
		return c, s, err
	}
	storetest.Untouched(t, path, whole)
	storetest.Alone(t, path, 1)
	d := opened(t, to, store.Options{Team: "T1"})
	err = d.Examine()
	storetest.Close(t, d)
	return c, s, err
}

// missing is how many of a table are missing, as is told: at least 1 of what nobody knows.
func missing(s store.Saved, kind string) (n int, known bool) {
	for _, m := range s.Missing {
		if strings.HasPrefix(m.Kind, kind) {
			return m.N, m.N > 0 && !m.About
		}
	}
	return 0, true
}

// Without one of its pages a file is saved but for what stood on that page, and that is told. In a backup both meta
// pages lead to one state, so that the names of some tables can be lost: their records are told apart by what they look
// like.
func TestSaveWithoutAPage(t *testing.T) {
	t.Parallel()
	path, c := lived(t)
	backup := storetest.File(t)
	if _, err := Backup(t.Context(), path, backup, Options{}); err != nil {
		t.Fatal(err)
	}
	every := map[string]int{"": 35, "1": 5, "2": 1}[os.Getenv("STEPIN_LONG")]
	size := os.Getpagesize()
	for name, whole := range map[string][]byte{"file": storetest.Read(t, path), "backup": storetest.Read(t, backup)} {
		got, s, err := saved(t, whole)
		if err != nil || len(s.Missing) > 0 || s.Behind || !maps.Equal(got.Keys, c.Keys) {
			t.Errorf("a whole %s: %+v, %v\n%v\n%v", name, s, err, got.Keys, c.Keys)
		}
		for page := range int(c.Bytes) / size {
			if page%every != 0 && (page%5 != 0 || !holdsNames(whole[page*size:(page+1)*size])) {
				continue
			}
			b := bytes.Clone(whole)
			copy(b[page*size:], make([]byte, size))
			got, s, err := saved(t, b)
			if err != nil {
				t.Errorf("%s without page %d: %v", name, page, err)
				continue
			}
			tell := func(format string, args ...any) {
				t.Helper()
				t.Errorf("%s without page %d: %s: %+v", name, page, fmt.Sprintf(format, args...), s)
			}
			if n, known := missing(s, "request"); n > 10 || known && got.Requests()+n != c.Requests() {
				tell("%d requests of %d", got.Requests(), c.Requests())
			}
			if got.Team != "T1" {
				tell("the workspace is lost")
			}
			for table, n := range c.Keys {
				if got.Keys[table] != n && len(s.Missing) == 0 && !s.Behind && table != "meta" { // a group is asked for again
					tell("%d of %d in %s, and nothing is told", got.Keys[table], n, table)
				}
			}
			if says := fmt.Sprint(s); strings.Contains(says, "private") || strings.Contains(says, "Acme") {
				t.Error(says)
			}
		}
	}
}

// holdsNames says whether a page holds the names of tables.
func holdsNames(page []byte) bool {
	return page[8] == 2 && bytes.Contains(page, []byte("managers")) || bytes.Contains(page, []byte("forgets"))
}

// Without the file's key, of which a file that was written again has no old states, nobody can tell what is noted under
// its HMACs: that goes, and is told. What says itself what it is about is kept under a new key.
func TestSaveWithoutKey(t *testing.T) {
	t.Parallel()
	path, c := lived(t)
	if _, _, err := Compact(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	whole, size := storetest.Read(t, path), os.Getpagesize()
	at := bytes.Index(whole, []byte("secret")) / size * size
	copy(whole[at:], make([]byte, size))
	got, s, err := saved(t, whole)
	if err != nil || got.Requests() != c.Requests() || got.Team != "" {
		t.Fatalf("%+v, %v", s, err)
	}
	for kind, n := range map[string]int{"notes about what was taken over": c.Keys["ledger"], "reps' answers about trust": c.Keys["trust"]} {
		if told, known := missing(s, kind); told != n || !known {
			t.Errorf("%d %s are told, of %d: %+v", told, kind, n, s)
		}
	}
	to := filepath.Join(t.TempDir(), "to.db")
	storetest.Write(t, path, whole)
	if _, err := Restore(t.Context(), path, to, Options{Damaged: &s}); err != nil {
		t.Fatal(err)
	}
	view(t, opened(t, to, store.Options{}), func(r storage.Reader) error {
		p, err := r.Past("U1", "U2", "globex", "")
		if p.Learn != storetest.LearningDeal().What {
			t.Errorf("what is to be learned from a deal is lost: %+v", p)
		}
		return err
	})
}

// What belongs to a request that is lost goes with it, and the team's reps are free for another team.
func TestSaveLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	path, c := lived(t)
	f, err := store.OpenAs(t.Context(), path, store.Options{NoSync: true}, kv.Use, "")
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(tx *kv.Tx) error {
		return errors.Join(tx.Put("requests", []byte("R1"), []byte("{private")), tx.Put("teams", []byte("U1"), []byte("private")))
	}
	if err := errors.Join(f.Update(spoil), f.Update(spoil), f.Close()); err != nil { // in both states
		t.Fatal(err)
	}
	got, s, err := saved(t, storetest.Read(t, path))
	for table, n := range map[string]int{"requests": 1, "history": 1, "outbox": 1, "said": 1, "teams": 1, "reps": 2} {
		if got.Keys[table] != c.Keys[table]-n {
			t.Errorf("%d of %d in %s", got.Keys[table], c.Keys[table], table)
		}
	}
	if says := fmt.Sprint(s.Missing); err != nil || !strings.Contains(says, "1 request ") || strings.Contains(says, "private") {
		t.Errorf("%s, %v", says, err)
	}
}

// A damaged file of every older format is saved as one of the present.
func TestSaveOldFormats(t *testing.T) {
	t.Parallel()
	for i, look := range storetest.Looks {
		path, to := storetest.Unzip(t, fmt.Sprintf("../testdata/v%d.db.gz", i+1)), storetest.File(t)
		whole := storetest.Read(t, path)
		order, size := binary.NativeEndian, os.Getpagesize()
		older := 0
		if order.Uint64(whole[size+64:]) < order.Uint64(whole[64:]) {
			older = size
		}
		copy(whole[older+72:], make([]byte, 8))
		storetest.Write(t, path, whole)
		var s store.Saved
		if done, err := Restore(t.Context(), path, to, Options{Damaged: &s}); err != nil || done.Format != store.Format() {
			t.Fatalf("version %d: %+v, %v", i+1, done, err)
		}
		if s.Behind || len(s.Missing) > 0 {
			t.Errorf("version %d: %+v", i+1, s)
		}
		view(t, opened(t, to, store.Options{}), func(r storage.Reader) error { look(t, r); return nil })
	}
}

// A page goes bad under a stepin that runs: the backup says how to save the rest, and that works beside it.
func TestSaveWhileItRuns(t *testing.T) {
	t.Parallel()
	path, c := lived(t)
	d := opened(t, path, store.Options{})
	serve(t, d, path)
	whole, size := storetest.Read(t, path), os.Getpagesize()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer storetest.Close(t, f)
	for at := 2 * size; d.Examine() == nil; at += size { // up to a page that matters
		if _, err := f.WriteAt(whole[at-size:at], int64(at-size)); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(make([]byte, size), int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	to := path + ".saved"
	_, err = Backup(t.Context(), path, to, Options{})
	if storetest.OneLine(t, "backup", err, "backup --damaged --db "+path+" "+to); !errors.Is(err, store.ErrDamaged) {
		t.Error(err)
	}
	var s store.Saved
	if got, err := Backup(t.Context(), path, to, Options{Damaged: &s}); err != nil || got.Requests() < c.Requests()-10 {
		t.Errorf("%d requests of %d, %+v, %v", got.Requests(), c.Requests(), s, err)
	}
	var sent bytes.Buffer
	if _, err := BackupTo(t.Context(), path, &sent, Options{Damaged: &s}); err != nil {
		t.Error(err)
	}
	storetest.Write(t, to, sent.Bytes())
	if _, err := Verify(t.Context(), to, store.Options{}); err != nil {
		t.Error(err)
	}
	storetest.Alone(t, path, 3)
}
