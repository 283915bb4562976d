BEGIN;

CREATE TABLE account (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL UNIQUE REFERENCES person,
  login     text   NOT NULL UNIQUE CHECK (login = lower(login) AND login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
  ended_at  timestamptz,
  density   text   NOT NULL DEFAULT '' CHECK (density IN ('', 'relaxed', 'standard', 'compact')),
  shortcuts boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE account IS '利用者ID。職員一人に一つ。終わっても消さない【可変】';
COMMENT ON COLUMN account.ended_at IS '利用終了日時';
CALL trail_class('account', 'mutable', 'id');

CREATE TABLE credential (
  account_id  bigint PRIMARY KEY REFERENCES account,
  phc         text   NOT NULL,
  changed_at  timestamptz NOT NULL DEFAULT now(),
  must_change boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE credential IS 'パスワードの要約（argon2id）。操作記録には変えた事実だけを残す【運用・事実】';
CALL trail_class('credential', 'fact', 'account_id');

CREATE TABLE session (
  token      text PRIMARY KEY,
  data       bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  account_id bigint REFERENCES account,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now(),
  address    text NOT NULL DEFAULT '',
  agent      text NOT NULL DEFAULT ''
);
COMMENT ON TABLE session IS 'ログイン中の接続。token は要約値【運用】';
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);
CALL trail_class('session', 'operational');

CREATE TABLE login_throttle (
  key      text PRIMARY KEY,
  failures int  NOT NULL,
  since    timestamptz NOT NULL,
  until    timestamptz NOT NULL
);
COMMENT ON TABLE login_throttle IS 'ログイン失敗の制限。利用者IDごと・接続元ごと【運用】';
CALL trail_class('login_throttle', 'operational');

CREATE TABLE form_token (
  token      text PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES account,
  result     text NOT NULL,
  at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE form_token IS '送信済みの書式。同じ書式を二度送っても一度だけ受け付ける【運用】';
CREATE INDEX form_token_at ON form_token (at);
CALL trail_class('form_token', 'operational');

COMMIT;
