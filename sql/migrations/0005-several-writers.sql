-- Minutes whose inferences changed, said by the process that changed them, after the change is in the table. The
-- analyzer rolls them up again; a minute may stand here any number of times.
CREATE TABLE touched_minutes {{on_cluster}}
(
    minute      DateTime('UTC'),
    -- By the clock of the store: those of the writers may be wrong.
    touched_at  DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    -- One insert's name: what has been taken up is not taken up again.
    token       String
)
ENGINE = {{engine MergeTree}}
ORDER BY touched_at
TTL toDateTime(touched_at) + INTERVAL 2 DAY;
