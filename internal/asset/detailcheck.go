package asset

import (
	"fmt"
	"slices"
	"strings"
)

// datePattern is an ISO date as a regular expression that PostgreSQL and Go read alike.
const datePattern = `^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`

// DetailCheckSQL returns the SQL that creates detail_ok(kind text, detail jsonb): whether the
// kind-specific part of a row of asset_now keeps to the field catalogue. A migration carries the
// text; a test compares, so that catalogue and database cannot part. It is plpgsql and not SQL so
// that the expression of a kind is planned once per session, and IMMUTABLE so that a CHECK may use
// it: it calls nothing but built-in immutable operators.
func DetailCheckSQL() string {
	var b strings.Builder
	b.WriteString("CREATE OR REPLACE FUNCTION detail_ok(kind text, detail jsonb) RETURNS boolean\n")
	b.WriteString("LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $detail_ok$\nBEGIN\n")
	b.WriteString("  IF kind IS NULL OR detail IS NULL OR jsonb_typeof(detail) <> 'object'\n")
	b.WriteString("    OR jsonb_path_exists(detail, '$.* ? (@.type() != \"string\" || @ == \"\")') THEN\n    RETURN false;\n  END IF;\n")
	b.WriteString("  CASE kind\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "  WHEN %s THEN\n    RETURN detail - ARRAY[%s]::text[] = '{}'::jsonb", literal(string(k.Kind)), literals(detailKeys(k.Kind)))
		for _, f := range all[k.Kind] {
			if f.Home == InDetail {
				fmt.Fprintf(&b, "\n      AND (detail->>%s IS NULL OR %s)", literal(f.Key), detailCond(f))
			}
		}
		b.WriteString(";\n")
	}
	b.WriteString("  ELSE\n    RETURN false;\n  END CASE;\nEND\n$detail_ok$;\n")
	return b.String()
}

// detailKeys returns the keys that the detail of a kind may hold, sorted.
func detailKeys(k Kind) []string {
	var out []string
	for _, f := range all[k] {
		if f.Home == InDetail {
			out = append(out, f.Key)
		}
	}
	slices.Sort(out)
	return out
}

func detailCond(f Field) string {
	v := "detail->>" + literal(f.Key)
	switch f.Type {
	case Choice:
		return v + " IN (" + literals(codes(f.Options)) + ")"
	case Choices:
		return "string_to_array(" + v + ", ' ') <@ ARRAY[" + literals(codes(f.Options)) + "]::text[]"
	case Flag:
		return v + " IN ('0', '1')"
	case Date:
		return v + " ~ " + literal(datePattern)
	case Number:
		return fmt.Sprintf("CASE WHEN %s ~ '^(0|[1-9][0-9]{0,8})$' THEN (%s)::integer <= %d ELSE false END", v, v, f.Limit())
	default:
		return fmt.Sprintf("char_length(%s) <= %d", v, f.Limit())
	}
}

func codes(options []Option) []string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = o.Code
	}
	return out
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func literals(ss []string) string {
	out := make([]string, len(ss))
	for i, s := range ss {
		out[i] = literal(s)
	}
	return strings.Join(out, ", ")
}
