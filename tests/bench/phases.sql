-- tests/bench/phases.sql -- the newest deployment of application :app as
-- "phase, microseconds". :start and :end: when `dcloud push` began and ended.
WITH d AS (
  SELECT d.* FROM deployments d JOIN applications a ON a.id = d.application_id
  WHERE a.name = :app ORDER BY d.id DESC LIMIT 1
), e AS ( -- when each state was entered; ids may have been another's before
  SELECT v.thing, v.to_state AS state, v.created_at * 1000 AS at
  FROM events v, d
  WHERE v.created_at >= d.created_at AND (
        (v.thing = 'deployment' AND v.thing_id = d.id)
     OR (v.thing = 'build' AND v.thing_id IN
         (SELECT id FROM builds WHERE deployment_id = d.id))
     OR (v.thing = 'instance' AND v.thing_id IN
         (SELECT id FROM instances WHERE deployment_id = d.id)))
), l AS ( -- when each line was written
  SELECT message, instance, min(created_at) AS at FROM log_entries
  WHERE deployment_id = (SELECT id FROM d) GROUP BY message, instance
), t AS (
  SELECT
    (SELECT r.uploaded_at * 1000 FROM revisions r, d
      WHERE r.id = d.revision_id) AS uploaded,
    (SELECT created_at * 1000 FROM d) AS submitted,
    (SELECT at FROM e WHERE thing = 'build' AND state = 'preparing')
      AS preparing,
    (SELECT at FROM e WHERE thing = 'build' AND state = 'building')
      AS building,
    (SELECT at FROM e WHERE thing = 'build' AND state = 'snapshotting')
      AS snapshotting,
    (SELECT at FROM e WHERE thing = 'build' AND state = 'done') AS built,
    (SELECT at FROM e WHERE thing = 'instance' AND state = 'installing')
      AS installing,
    (SELECT at FROM e WHERE thing = 'instance' AND state = 'launching')
      AS launching,
    (SELECT at FROM l WHERE message LIKE 'Waiting for the instance%')
      AS launched,
    (SELECT at FROM e WHERE thing = 'instance' AND state = 'ready') AS ready,
    (SELECT at FROM l WHERE instance IS NOT NULL
      AND message LIKE 'Successfully deployed%') AS live
)
SELECT '0 push to live', live - :start FROM t UNION ALL
SELECT '1 upload', uploaded - :start FROM t UNION ALL
SELECT '2 queue', preparing - uploaded FROM t UNION ALL
SELECT '3 container', building - preparing FROM t UNION ALL
SELECT '4 build', snapshotting - building FROM t UNION ALL
SELECT '8 init', installing - built FROM t UNION ALL
SELECT '9 postinstall', launching - installing FROM t UNION ALL
SELECT 'a launch', launched - launching FROM t UNION ALL
SELECT 'b probe', ready - launched FROM t UNION ALL
SELECT 'c swap', live - ready FROM t UNION ALL
SELECT 'd command returns', :end - live FROM t;
