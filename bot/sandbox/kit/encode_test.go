package kit

import (
	"encoding/json"
	"math"
	"testing"
)

// Whatever a workspace holds is encoded as json.Marshal does it.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`null`, `true`, `{}`, `[]`, `""`, `{"b":[1,2.5,1e30,-0],"a":{"c":null,"":"x"},"aa":{"z":1,"y":2}}`,
		`"<b> & \"quoted\" \\ \n\t\u2028\u2029 – 👍 \ud800"`, `{"state":{"values":{"b":{"a":{"value":"v"}}}}}`, "\"\xff\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			v = text
		}
		same(t, v)
		same(t, []any{v, Obj{text: v, "x": []any{v}}, Values{text: {"a": {"v": v}, text: nil}}, map[string]Obj{text: nil}})
	})
}

func TestJSON(t *testing.T) {
	for _, v := range []any{
		Obj(nil), []any(nil), Values(nil), 7, int64(1 << 60), math.Copysign(0, -1), json.RawMessage(`{"a" : "<"}`),
		[]string{"a"},
		map[string]string{"b": "c"},
		struct{ A, B any }{1, Obj{"k": 1}},
	} {
		same(t, v)
		same(t, Obj{"v": v})
	}
}

func same(t *testing.T, v any) {
	t.Helper()
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if got := JSON(v); string(got) != string(want) {
		t.Errorf("%#v\n%s, want\n%s", v, got, want)
	}
}
