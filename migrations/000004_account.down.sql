BEGIN;
DROP TABLE form_token, login_throttle, session, credential, account;
COMMIT;
