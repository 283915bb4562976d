BEGIN;

-- What travels along a relation may be held up (gather) or held down (spread) on the axes that name
-- a rank; 0 leaves the axis alone.
ALTER TABLE relation
  ADD COLUMN effect text     NOT NULL DEFAULT '' CHECK (effect IN ('', 'gather', 'spread')),
  ADD COLUMN pass_c smallint NOT NULL DEFAULT 0 CHECK (pass_c BETWEEN 0 AND 9),
  ADD COLUMN pass_i smallint NOT NULL DEFAULT 0 CHECK (pass_i BETWEEN 0 AND 9),
  ADD COLUMN pass_a smallint NOT NULL DEFAULT 0 CHECK (pass_a BETWEEN 0 AND 9),
  ADD CONSTRAINT relation_pass CHECK (effect <> '' OR (pass_c = 0 AND pass_i = 0 AND pass_a = 0));
COMMENT ON COLUMN relation.effect IS '集積・分散（gather=受け手に少なくとも pass を伝える, spread=多くとも pass までしか伝えない, 空=そのまま伝える）';
COMMENT ON COLUMN relation.pass_c IS '集積・分散で伝える機密性の順位（0=そのまま）';
COMMENT ON COLUMN relation.pass_i IS '同じく完全性の順位';
COMMENT ON COLUMN relation.pass_a IS '同じく可用性の順位';
CREATE INDEX relation_owner ON relation (owner_id) WHERE to_rev = 9223372036854775807;

-- A gathered level does not rest on the giver's own level but on the relation: the way along via
-- begins there, so that via never leads round in a circle.
ALTER TABLE level_now
  ADD COLUMN gathered bigint REFERENCES asset,
  ADD CONSTRAINT level_now_witness CHECK (via IS NULL OR gathered IS NULL);
COMMENT ON COLUMN level_now.via IS 'その値をもたらした隣。たどると値の出どころに着く（循環しない）';
COMMENT ON COLUMN level_now.gathered IS '集積によってこの値を受けた関連の相手。相手の区分そのものより高いので、出どころはこの関連';

-- Who gives to whom on which axis, at least and at most so much. Both branches keep the columns of
-- the table bare, so that the indexes of relation serve either end.
CREATE VIEW travel AS
  SELECT x.axis, r.to_id AS giver, r.from_id AS taker,
    CASE r.effect WHEN 'gather' THEN x.pass ELSE 0::smallint END AS least,
    CASE WHEN r.effect = 'spread' AND x.pass > 0 THEN x.pass ELSE 9::smallint END AS most, r.id AS relation_id
  FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
  CROSS JOIN LATERAL (VALUES ('C', q.c_travel, r.pass_c), ('I', q.i_travel, r.pass_i), ('A', q.a_travel, r.pass_a)) x (axis, way, pass)
  WHERE r.to_rev = 9223372036854775807 AND x.way = 'to_from'
  UNION ALL
  SELECT x.axis, r.from_id, r.to_id,
    CASE r.effect WHEN 'gather' THEN x.pass ELSE 0::smallint END,
    CASE WHEN r.effect = 'spread' AND x.pass > 0 THEN x.pass ELSE 9::smallint END, r.id
  FROM relation r JOIN relation_rule q USING (type, from_kind, to_kind)
  CROSS JOIN LATERAL (VALUES ('C', q.c_travel, r.pass_c), ('I', q.i_travel, r.pass_i), ('A', q.a_travel, r.pass_a)) x (axis, way, pass)
  WHERE r.to_rev = 9223372036854775807 AND x.way = 'to_to';
COMMENT ON VIEW travel IS '区分の伝わり方。軸ごとに、giver から taker へ、少なくとも least・多くとも most が届く';
GRANT SELECT ON travel TO daicho_app;

COMMIT;
