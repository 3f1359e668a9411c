export interface KafkaOptions {
  /** 0 or none: a free one. */
  readonly port?: number;
  /** Kept from one start to the next, but emptied by `stop`. None: a new one under the system's temporary folder. */
  readonly dataDir?: string;
  /** Where the broker's output goes; default: broker.log in the data folder. */
  readonly log?: string;
  /** Default 512. */
  readonly heapMb?: number;
  /** For the JVM. `-XX:TieredStopAtLevel=1` starts with a third less CPU time, and is slower at a sustained rate. */
  readonly javaOptions?: readonly string[];
  /** Further listeners by name, each with its protocol and on a free port: `{ SASL: 'SASL_PLAINTEXT', TLS: 'SSL' }`. */
  readonly listeners?: Readonly<Record<string, 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL'>>;
  /** Lines of server.properties, such as `listener.name.sasl.plain.sasl.jaas.config`; they win over ours. */
  readonly extraProperties?: Readonly<Record<string, string | number | boolean>>;
  /** Users that exist from the start, for listeners with SCRAM. */
  readonly scramUsers?: readonly {
    readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  }[];
}

export interface KafkaBroker {
  /** The address without TLS and SASL, as kafkajs takes it. */
  readonly brokers: string[];
  readonly port: number;
  /** Addresses of the further listeners, by name. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Of the process that runs now; null after `kill`. */
  readonly pid: number | null;
  /** Ends the process, SIGKILL unless told, and resolves when it is gone. The data stays. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts it again, on the same data and ports; one that still runs is ended first. Resolves when it serves. */
  restart(): Promise<void>;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

export function startKafka(options?: KafkaOptions): Promise<KafkaBroker>;
