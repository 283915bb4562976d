package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"daicho/internal/errs"
)

// A commit whose answer was lost must not be reported as "nothing happened".
func TestCommitWhoseAnswerWasLost(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		unknown bool
		kind    errs.Kind
	}{
		"time is up":           {fmt.Errorf("write: %w", context.DeadlineExceeded), true, errs.Internal},
		"connection gone":      {io.ErrUnexpectedEOF, true, errs.Internal},
		"server going down":    {&pgconn.PgError{Code: "57P01"}, true, errs.Internal},
		"refused: unique":      {&pgconn.PgError{Code: "23505", ConstraintName: "x"}, false, errs.Conflict},
		"rolled back":          {pgx.ErrTxCommitRollback, false, errs.Internal},
		"a constraint of ours": {&pgconn.PgError{Code: "23514", ConstraintName: "asset_detail_fields"}, false, errs.Internal},
	} {
		err := commitErr(c.err)
		if strings.Contains(fmt.Sprint(err), codeCommitUnknown) != c.unknown || errs.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: reads as a time-out before anything happened", name)
		}
	}
	if commitErr(nil) != nil {
		t.Error("a commit that held is an error")
	}
}
