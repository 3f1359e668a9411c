/** What a Date is after JSON: an ISO 8601 instant in UTC. */
export type Instant = string;
