BEGIN;
DROP TABLE class_set, set_item, requirement_set, class, applicability, control, chapter, catalogue,
  scheme_judgement, scheme_question, scheme_level, scheme_axis, scheme;
COMMIT;
