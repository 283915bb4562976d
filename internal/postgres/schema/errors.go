package schema

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"daicho/internal/errs"
)

// badURL hides the text of a connection string, which may hold a password.
func badURL(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		err = errors.New("cannot parse the connection string")
	}
	return &errs.Error{Kind: errs.Invalid, Code: "database.url", Err: err,
		Message: "データベースの接続文字列を読み取れません。postgres://利用者@ホスト/データベース の形で指定してください"}
}

// unreachable words a failed connection by what the operator can do about it.
func unreachable(err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "28000", "28P01":
			return &errs.Error{Kind: errs.Forbidden, Code: "database.login", Err: err,
				Message: "データベースにログインできません。接続文字列の利用者名とパスワードを確かめてください"}
		case "3D000":
			return &errs.Error{Kind: errs.NotFound, Code: "database.missing", Err: err,
				Message: "接続文字列のデータベースがありません。データベースを作成してからもう一度実行してください"}
		}
	}
	return &errs.Error{Kind: errs.Busy, Code: "database.unreachable", Err: err,
		Message: "データベースに接続できません。PostgreSQL が動いていることと接続文字列のホストとポートを確かめてください"}
}

func failed(at uint, err error) error {
	return &errs.Error{Kind: errs.Conflict, Code: "migrate.failed", Err: err, Message: fmt.Sprintf(
		"データベースの移行（版 %d）に失敗しました。変更は取り消され、データは移行前のままです。ログの内容を添えて保守担当者に連絡してください", at)}
}
