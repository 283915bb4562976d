BEGIN;
DROP TABLE adoption, appointment, person, post, unit_tree, unit, number_counter, organ, host_body, pack;
COMMIT;
