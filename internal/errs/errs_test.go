package errs_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"daicho/internal/errs"
)

func TestKindIsFoundWhereverItIs(t *testing.T) {
	stale := errs.New(errs.Stale, "asset.stale", "ほかの人が先に保存しました")
	for _, c := range []struct {
		name string
		err  error
		kind errs.Kind
		code string
		msg  string
	}{
		{"nil", nil, errs.Internal, "", ""},
		{"foreign", io.EOF, errs.Internal, "", ""},
		{"direct", stale, errs.Stale, "asset.stale", "ほかの人が先に保存しました"},
		{"wrapped by fmt", fmt.Errorf("save: %w", stale), errs.Stale, "asset.stale", "ほかの人が先に保存しました"},
		{"two wrapped by fmt", fmt.Errorf("%w and %w", io.EOF, stale), errs.Stale, "asset.stale", "ほかの人が先に保存しました"},
		{"joined, the first wins", errs.Join(io.EOF, errs.New(errs.Busy, "db.busy", ""), stale), errs.Busy, "db.busy", ""},
		{"outermost wins", errs.Wrap(errs.Conflict, "outer", stale), errs.Conflict, "outer", ""},
		{"an internal one hides nothing", errs.Wrap(errs.Internal, "outer", stale), errs.Stale, "asset.stale", "ほかの人が先に保存しました"},
		{"internal", errs.Wrap(errs.Internal, "db", io.EOF), errs.Internal, "", ""},
		{"field", errs.OnField("name", "name.required", "名称を入力してください"), errs.Invalid, "name.required", "名称を入力してください"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if k, code, msg := errs.KindOf(c.err), errs.CodeOf(c.err), errs.MessageOf(c.err); k != c.kind || code != c.code || msg != c.msg {
				t.Errorf("kind %v, code %q, message %q", k, code, msg)
			}
			for k := errs.Internal; k <= errs.Busy; k++ {
				if got, want := errs.Is(c.err, k), c.err != nil && k == c.kind; got != want {
					t.Errorf("Is(%v) = %v", k, got)
				}
			}
		})
	}
}

func TestZeroKindIsTheWorst(t *testing.T) {
	if k := errs.KindOf(&errs.Error{Message: "forgotten"}); k != errs.Internal {
		t.Errorf("an error without a kind is %v", k)
	}
}

func TestFieldsAreCollectedInOrder(t *testing.T) {
	err := fmt.Errorf("submit: %w", errs.Join(
		errs.OnField("name", "x", "一"),
		errs.New(errs.Conflict, "x", "全体"),
		fmt.Errorf("deeper: %w", errs.Join(errs.OnField("unit", "x", "二"), io.EOF)),
		&errs.Error{Kind: errs.Invalid, Field: "zone", Message: "三", Err: errs.OnField("place", "x", "四")},
	))
	var got []string
	for _, e := range errs.Fields(err) {
		got = append(got, e.Field+e.Message)
	}
	if s := strings.Join(got, " "); s != "name一 unit二 zone三 place四" {
		t.Errorf("Fields = %s", s)
	}
	if got := errs.Fields(nil); got != nil {
		t.Errorf("Fields(nil) = %v", got)
	}
}

func TestTheCauseStaysReachable(t *testing.T) {
	err := errs.Wrap(errs.Busy, "db.busy", io.EOF)
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
	var e *errs.Error
	if !errors.As(fmt.Errorf("x: %w", err), &e) || e.Code != "db.busy" {
		t.Errorf("As found %v", e)
	}
	if errs.Wrap(errs.Busy, "db.busy", nil) != nil {
		t.Error("no cause became an error")
	}
	if errs.Join(nil, nil) != nil {
		t.Error("nothing joined became an error")
	}
}

func TestTheLogLineHoldsAll(t *testing.T) {
	err := &errs.Error{Kind: errs.Invalid, Code: "a.b", Field: "name", Message: "名称", Err: io.EOF}
	if got := err.Error(); got != "invalid a.b (name): 名称: EOF" {
		t.Errorf("Error() = %q", got)
	}
	if got := (&errs.Error{Kind: errs.NotFound}).Error(); got != "not found" {
		t.Errorf("Error() = %q", got)
	}
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := errs.Internal; k <= errs.Busy; k++ {
		if s := k.String(); s == "" || seen[s] || strings.HasPrefix(s, "kind ") {
			t.Errorf("kind %d is called %q", k, s)
		} else {
			seen[s] = true
		}
	}
	if got := errs.Kind(200).String(); got != "kind 200" {
		t.Errorf("an unknown kind is called %q", got)
	}
}
