BEGIN;
DROP TABLE revision, register_head, change, act;
DROP PROCEDURE trail_class;
DROP FUNCTION trail_fact, trail_refuse, trail_immutable, trail_mutable, trail_act, act_digest;
COMMIT;
