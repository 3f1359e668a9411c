export interface ClickHouseOptions {
  /** Data folder, kept by `stop`. None: a new one under the system's temporary folder, removed by `stop`. */
  readonly dir?: string;
  /** 0 or none: a free one, the same after each restart. */
  readonly port?: number;
  /** Who may ask; none: everybody, whatever they say. */
  readonly user?: string;
  readonly password?: string;
  /** Databases that exist beside `default` from the start. As with ClickHouse, a request that names another is refused. */
  readonly databases?: readonly string[];
}

export interface ClickHouseProcess {
  /** As CLICKHOUSE_URL takes it. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Of the process that runs now; null after `kill`. */
  readonly pid: number | null;
  /** Ends the process, SIGKILL unless told, and resolves when it is gone. The data stays. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts it again, on the same data and port; one that still runs is ended first. Resolves when it takes requests. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function startClickHouse(options?: ClickHouseOptions): Promise<ClickHouseProcess>;
