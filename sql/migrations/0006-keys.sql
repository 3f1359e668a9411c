-- Keys (core/api-key.ts). Rows are never removed: a store that has had keys stays closed to callers without one, also
-- when all are revoked.
CREATE TABLE api_keys {{on_cluster}}
(
    id                   String,
    -- In hexadecimal digits; the secret itself is nowhere.
    secret_sha256        String,
    project              String,
    scopes               Array(LowCardinality(String)),
    name                 String,
    created_at           DateTime64(3, 'UTC'),
    revoked_at           Nullable(DateTime64(3, 'UTC')),
    requests_per_second  Nullable(UInt32),
    bytes_per_second     Nullable(UInt64),
    body_bytes_max       Nullable(UInt64),
    -- 1 as made, 2 as revoked: no clock decides which of the two counts.
    revision             UInt8
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY id;

-- The audit log: one row per minute of what one process saw. `uses` counts up to `last_at`, so that a row written again
-- replaces itself.
CREATE TABLE key_uses {{on_cluster}}
(
    minute    DateTime('UTC'),
    -- Empty where nobody was recognised.
    key_id    LowCardinality(String),
    -- Method and route, or the command that changed the key.
    route     LowCardinality(String),
    -- `2xx`, `4xx` …
    status    LowCardinality(String),
    -- Why the caller was not let in; empty if it was.
    refusal   LowCardinality(String),
    -- Of the connection, as this machine sees it.
    address   String,
    process   String,
    uses      UInt64,
    last_at   DateTime64(3, 'UTC'),
    revision  DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
PARTITION BY toYYYYMM(minute)
ORDER BY (key_id, minute, route, status, refusal, address, process)
TTL minute + INTERVAL {{key_uses_days}} DAY;
