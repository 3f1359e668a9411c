import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseRulesFile } from '../alerts/rules/rules-file.ts';
import { packageRoot } from '../core/package-root.ts';
import { PROVISIONING_DEFAULTS, provisioningFiles } from '../dashboards/grafana/provisioning.ts';
import { settings } from './support/settings-page.ts';

// No container engine has run these files (docs/deploy.md): what can be checked without one is checked here.

const textOf = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');
const filesUnder = (folder: string): string[] =>
  readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(posix.join(folder, entry.name)) : [posix.join(folder, entry.name)],
  );

const ROLES = ['ingest', 'writer', 'embedder', 'analyzer', 'alerter'];
const SETTINGS = new Set(settings().map(({ name }) => name));
const version = (JSON.parse(textOf('package.json')) as { version: string }).version;
const deployed = filesUnder('deploy');
const manifests = deployed.filter((path) => path.startsWith('deploy/kubernetes/') && path.endsWith('.yaml'));
const COMPOSE = ['docker-compose.yml', 'docker-compose.cluster.yml'];

const Env = z.record(z.string(), z.string());
const Service = z.looseObject({
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: Env.default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.looseObject({})).default({}),
  mem_limit: z.string().optional(),
  healthcheck: z.looseObject({}).optional(),
  restart: z.string().optional(),
});
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});
const compose = (path: string) => Compose.parse(parse(textOf(path), { merge: true }));
const base = compose('docker-compose.yml');

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  envFrom: z.array(z.looseObject({ secretRef: z.object({ name: z.string() }).optional() })).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  resources: z.looseObject({ limits: z.record(z.string(), z.union([z.string(), z.number()])) }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), subPath: z.string().optional() })).default([]),
});
const PodSpec = z.looseObject({
  containers: z.array(Container),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});
const Manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }).optional(),
  data: z.record(z.string(), z.string()).optional(),
  stringData: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({}).optional(),
});
const documents = manifests.flatMap((path) =>
  parseAllDocuments(textOf(path)).map((document) => {
    expect(document.errors, path).toEqual([]);
    return { path, manifest: Manifest.parse(document.toJS()) };
  }),
);
const workloads = documents
  .filter(({ manifest }) => ['Deployment', 'StatefulSet', 'Job'].includes(manifest.kind))
  .map(({ path, manifest }) => {
    const template = z.looseObject({ spec: PodSpec }).parse(manifest.spec?.['template']);
    return { path, manifest, name: manifest.metadata?.name ?? '', pod: template.spec };
  });
const ours = workloads.filter(({ pod }) => pod.containers.some(({ name }) => name === 'plumbline'));
const whole = workloads.filter(({ path }) => !path.includes('/gpu/'));

const configOf = (name: string): Readonly<Record<string, string>> =>
  documents.find(({ manifest }) => manifest.kind === 'ConfigMap' && manifest.metadata?.name === name)
    ?.manifest.data ?? {};

/** Every image named anywhere, with where. */
const images = [
  ...COMPOSE.flatMap((path) => Object.values(compose(path).services).map(({ image }) => ({ path, image }))),
  ...workloads.flatMap(({ path, pod }) => pod.containers.map(({ image }) => ({ path, image }))),
  ...[...textOf('Dockerfile').matchAll(/^FROM (\S+:\S+)/gm)].map(([, image]) => ({
    path: 'Dockerfile',
    image,
  })),
].filter((one): one is { path: string; image: string } => one.image !== undefined);

describe('images', () => {
  it('are pinned to an exact version', () => {
    expect(images.length).toBeGreaterThan(10);
    const loose = images.filter(
      ({ image }) => !/:\d+\.\d+\.\d+[\w.-]*$/.test(image) || /latest|head/.test(image),
    );
    expect(loose).toEqual([]);
  });

  it('are of one version each, ours of this one', () => {
    const tags = new Map<string, Set<string>>();
    for (const { image } of images) {
      const [name = '', tag = ''] = image.split(':');
      tags.set(name, (tags.get(name) ?? new Set()).add(tag.replace(/-cuda$/, '')));
    }
    expect([...tags].filter(([, ofName]) => ofName.size > 1)).toEqual([]);
    expect([...(tags.get('plumbline') ?? [])]).toEqual([version]);
    expect(tags.get('clickhouse/clickhouse-server')).toEqual(tags.get('clickhouse/clickhouse-keeper'));
  });

  it('hold every file that the package ships to be run', () => {
    const { files } = JSON.parse(textOf('package.json')) as { files: string[] };
    const notRun = new Set(['docs', 'README.md', 'CHANGELOG.md']);
    const copied = [...textOf('Dockerfile').matchAll(/^COPY --from=build \/build\/(.+?) \S+$/gm)].flatMap(
      ([, paths]) =>
        String(paths)
          .split(' ')
          .map((path) => path.replace('/build/', '')),
    );
    const missing = files.filter(
      (path) => !path.startsWith('!') && !notRun.has(path) && !copied.includes(path),
    );
    expect(missing).toEqual([]);
  });

  it('are built from files that the build context has, and do not run as root', () => {
    const allowed = [...textOf('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => String(path));
    expect(allowed.filter((path) => !existsSync(join(packageRoot, path)))).toEqual([]);
    const sources = (parse(textOf('tsconfig.build.json')) as { include: string[] }).include;
    expect(sources.filter((path) => path !== 'sdk' && !allowed.includes(path))).toEqual([]);
    const [, ...stages] = textOf('Dockerfile').split(/^FROM /m);
    const run = stages.filter((stage) => stage.includes('ENTRYPOINT'));
    expect(run).toHaveLength(2);
    for (const stage of run) {
      expect(stage).toMatch(/^USER 1000:1000$/m);
      expect(stage).toContain('HEALTHCHECK');
    }
    expect(textOf('Dockerfile')).toContain('npm ci --ignore-scripts');
  });
});

describe('settings', () => {
  it('are known, wherever they are set', () => {
    const used = [
      ...COMPOSE.flatMap((path) =>
        Object.entries(compose(path).services)
          .filter(([name]) => [...ROLES, 'migrate'].includes(name))
          .flatMap(([, service]) => Object.keys(service.environment)),
      ),
      ...ours.flatMap(({ pod }) => pod.containers.flatMap(({ env }) => env.map(({ name }) => name))),
      ...documents
        .filter(({ manifest }) => manifest.metadata?.name === 'plumbline')
        .flatMap(({ manifest }) => Object.keys({ ...manifest.data, ...manifest.stringData })),
      ...[...textOf('Dockerfile').matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs]) =>
        String(pairs)
          .split(' ')
          .map((pair) => pair.split('=')[0] ?? ''),
      ),
    ];
    expect(new Set(used).size).toBeGreaterThan(10);
    expect(used.filter((name) => !SETTINGS.has(name))).toEqual([]);
  });

  it('hold no secret: those come from outside', () => {
    for (const path of COMPOSE) {
      for (const { environment } of Object.values(compose(path).services)) {
        for (const [name, value] of Object.entries(environment))
          if (/PASSWORD|SECRET/.test(name)) expect(value, name).toMatch(/^\$\{\w+:\?/);
      }
    }
    const written = documents
      .filter(({ manifest }) => manifest.kind === 'Secret')
      .flatMap(({ manifest }) => Object.values(manifest.stringData ?? {}));
    expect(written.length).toBeGreaterThan(0);
    expect(written.filter((value) => value !== '')).toEqual([]);
  });

  it('that a file asks for from outside are named in docs/deploy.md', () => {
    const asked = new Set(
      COMPOSE.flatMap((path) => [...textOf(path).matchAll(/\$\{(\w+):\?/g)].map(([, name]) => String(name))),
    );
    const documented = textOf('docs/deploy.md');
    expect([...asked].filter((name) => !documented.includes(name))).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  const merged = { ...base.services };

  it('has each role, by its own name, and the migration before them', () => {
    for (const role of ROLES) {
      expect(merged[role]?.environment['ROLES'], role).toBe(role);
      expect(merged[role]?.depends_on, role).toHaveProperty('migrate');
    }
    expect(merged['writer']).toMatchObject({ deploy: { replicas: 2 } });
    expect(merged['migrate']?.command).toEqual(['migrate']);
  });

  it('opens ports on the loopback only', () => {
    const ports = COMPOSE.flatMap((path) =>
      Object.values(compose(path).services).flatMap(({ ports }) => ports),
    );
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('bounds the memory of each, restarts it, and knows when it is healthy', () => {
    const image = /^HEALTHCHECK/m.test(textOf('Dockerfile'));
    for (const path of COMPOSE) {
      for (const [name, service] of Object.entries(compose(path).services)) {
        if (service.image === undefined) continue;
        expect(service.mem_limit, name).toBeDefined();
        expect(service.restart, name).toBeDefined();
        expect(
          service.healthcheck !== undefined || (image && service.image.startsWith('plumbline')),
          name,
        ).toBe(true);
      }
    }
  });

  it('mounts only what is there, and depends on what exists', () => {
    const volumes = new Set(COMPOSE.flatMap((path) => Object.keys(compose(path).volumes)));
    const names = new Set(COMPOSE.flatMap((path) => Object.keys(compose(path).services)));
    for (const path of COMPOSE) {
      for (const service of Object.values(compose(path).services)) {
        for (const volume of service.volumes) {
          const [source = ''] = volume.split(':');
          const isThere = source.startsWith('./')
            ? existsSync(join(packageRoot, source))
            : volumes.has(source);
          expect(isThere, volume).toBe(true);
        }
        expect(Object.keys(service.depends_on).filter((name) => !names.has(name))).toEqual([]);
      }
    }
  });
});

describe('the Kubernetes manifests', () => {
  const health = textOf('app/http/health.ts');

  it('have each role, by its own name, and a migration', () => {
    const roles = ours.filter(
      ({ path, manifest }) => manifest.kind === 'Deployment' && !path.includes('/gpu/'),
    );
    const started = roles.map(({ name, pod }) => [
      name,
      pod.containers[0]?.env.find((one) => one.name === 'ROLES')?.value,
    ]);
    expect(started.sort()).toEqual(ROLES.map((role) => [role, role]).sort());
    expect(ours.find(({ manifest }) => manifest.kind === 'Job')?.pod.containers[0]?.args).toEqual([
      'migrate',
    ]);
  });

  it('probe paths that the service answers, at its port', () => {
    const port = configOf('plumbline')['PORT'];
    for (const { pod, manifest, path } of ours) {
      if (manifest.kind === 'Job' || path.includes('/gpu/')) continue;
      const [container] = pod.containers;
      expect(container?.ports).toEqual([{ name: 'http', containerPort: Number(port) }]);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const { httpGet } = z
          .looseObject({ httpGet: z.object({ path: z.string(), port: z.literal('http') }) })
          .parse(container?.[probe]);
        expect(health, `${path} ${probe}`).toContain(`'${httpGet.path}'`);
      }
      // A restart does not mend a store that is down: only readiness may ask for it.
      expect(container?.['livenessProbe']).not.toMatchObject({ httpGet: { path: '/readyz' } });
    }
  });

  it('bound and confine every container', () => {
    for (const { path, pod } of whole) {
      expect(pod['automountServiceAccountToken'], path).toBe(false);
      expect(pod['securityContext'], path).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of pod.containers) {
        expect(container.resources.limits['memory'], path).toBeDefined();
        expect(container['securityContext'], path).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('mount only volumes that the pod has', () => {
    for (const { path, pod, manifest } of whole) {
      const claims = z
        .array(z.looseObject({ metadata: z.object({ name: z.string() }) }))
        .parse(manifest.spec?.['volumeClaimTemplates'] ?? []);
      const has = new Set([
        ...pod.volumes.map(({ name }) => name),
        ...claims.map(({ metadata }) => metadata.name),
      ]);
      const lost = pod.containers.flatMap(({ volumeMounts }) =>
        volumeMounts.filter(({ name }) => !has.has(name)),
      );
      expect(lost, path).toEqual([]);
    }
  });

  it('scale and protect workloads that exist; writers by partitions', () => {
    const names = new Set(whole.map(({ name }) => name));
    const of = (kind: string) => documents.filter(({ manifest }) => manifest.kind === kind);
    const scaled = of('HorizontalPodAutoscaler').map(({ manifest }) => manifest.metadata?.name ?? '');
    expect(scaled.sort()).toEqual(['ingest', 'writer']);
    const budgets = of('PodDisruptionBudget').map(({ manifest }) => manifest.metadata?.name ?? '');
    expect(ROLES.filter((role) => !budgets.includes(role))).toEqual([]);
    expect([...scaled, ...budgets].filter((name) => !names.has(name))).toEqual([]);
    const partitions = configOf('plumbline')['KAFKA_PARTITIONS'];
    const writer = of('HorizontalPodAutoscaler').find(({ manifest }) => manifest.metadata?.name === 'writer');
    expect(writer?.manifest.spec?.['maxReplicas']).toBe(Number(partitions));
  });

  it('have the embedder on a GPU in a variant of its own', () => {
    const gpu = workloads.find(({ path }) => path.includes('/gpu/'));
    expect(gpu?.name).toBe('embedder');
    expect(gpu?.pod.containers[0]?.resources.limits['nvidia.com/gpu']).toBe(1);
    expect(gpu?.pod['nodeSelector']).toEqual({ 'nvidia.com/gpu.present': 'true' });
  });

  it('list files that exist, and every file but the example of secrets', () => {
    const listed = deployed
      .filter((path) => path.endsWith('/kustomization.yaml'))
      .flatMap((path) => {
        const content = z
          .looseObject({
            resources: z.array(z.string()).default([]),
            patches: z.array(z.object({ path: z.string() })).default([]),
            configMapGenerator: z.array(z.object({ files: z.array(z.string()) })).default([]),
          })
          .parse(parse(textOf(path)));
        return [
          ...content.resources,
          ...content.patches.map((patch) => patch.path),
          ...content.configMapGenerator.flatMap(({ files }) => files),
        ].map((name) => posix.join(posix.dirname(path), name));
      });
    expect(listed.filter((path) => !existsSync(join(packageRoot, path)))).toEqual([]);
    const unlisted = manifests.filter(
      (path) => !path.endsWith('/kustomization.yaml') && !listed.includes(path),
    );
    expect(unlisted).toEqual(['deploy/kubernetes/secret.example.yaml']);
  });
});

describe('the files of rules', () => {
  it('have no fault, in compose and in Kubernetes', () => {
    for (const text of [textOf('deploy/alerts.yaml'), configOf('plumbline-alerts')['alerts.yaml'] ?? 'none'])
      expect(parseRulesFile(text, { file: 'alerts.yaml', env: {} }).rules.length).toBeGreaterThan(5);
  });
});

describe('the files for Grafana', () => {
  const made = provisioningFiles(PROVISIONING_DEFAULTS);

  it('are what `plumbline dashboards export deploy/grafana` makes, and no others', () => {
    const there = deployed
      .filter((path) => path.startsWith('deploy/grafana/') && !path.endsWith('/kustomization.yaml'))
      .map((path) => path.replace('deploy/grafana/', ''));
    expect(there.sort()).toEqual([...made.keys()].sort());
    for (const [path, content] of made) expect(textOf(`deploy/grafana/${path}`), path).toBe(content);
  });

  it('are all mounted in Kubernetes, each small enough for an annotation of kubectl', () => {
    const maps = z
      .object({ configMapGenerator: z.array(z.object({ name: z.string(), files: z.array(z.string()) })) })
      .parse(parse(textOf('deploy/grafana/kustomization.yaml'))).configMapGenerator;
    expect(maps.flatMap(({ files }) => files).sort()).toEqual([...made.keys()].sort());
    const mounted = textOf('deploy/kubernetes/backing/grafana.yaml');
    for (const { name, files } of maps) {
      expect(mounted).toContain(`configMap: { name: ${name} }`);
      const bytes = files.reduce((sum, path) => sum + Buffer.byteLength(made.get(path) ?? ''), 0);
      expect(bytes, name).toBeLessThan(200_000);
    }
  });

  it('read only tables that their user may read', () => {
    const granted = new Set(
      [
        ...textOf('deploy/clickhouse/users.d/plumbline.xml').matchAll(/GRANT SELECT ON plumbline\.(\w+)</g),
      ].map(([, table]) => table),
    );
    const queries = [...made.values()].join('\n');
    const local = new Set(['chosen', 'counted', 'latest', 'shown', 'lanes', 'a']);
    const tables = new Set([...queries.matchAll(/\bFROM (\w+)/g)].map(([, table]) => String(table)));
    expect(tables.size).toBeGreaterThan(5);
    expect([...tables].filter((table) => !granted.has(table) && !local.has(table))).toEqual([]);
  });
});

describe('settings of ClickHouse', () => {
  const xml = deployed.filter((path) => path.endsWith('.xml'));

  it.each(xml)('%s is well formed', (path) => {
    const open: string[] = [];
    const body = textOf(path).replace(/<!--(?:(?!--)[\s\S])*-->/g, '');
    expect(body).not.toContain('<!--');
    for (const [, closing, name, attributes, empty] of body.matchAll(
      /<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/g,
    )) {
      if (closing) expect(open.pop(), path).toBe(name);
      else if (!empty) open.push(String(name));
      expect(closing && attributes, path).toBeFalsy();
    }
    expect(open, path).toEqual([]);
    expect(body.replace(/<[^<>]*>/g, ''), path).not.toMatch(/[<>]/);
    expect(body.trim(), path).toMatch(/^<clickhouse>[\s\S]*<\/clickhouse>$/);
  });

  it('take from the environment only what the server is given', () => {
    const given = (path: string): Set<string> =>
      new Set(Object.values(compose(path).services).flatMap(({ environment }) => Object.keys(environment)));
    const all = new Set(COMPOSE.flatMap((path) => [...given(path)]));
    const taken = xml.flatMap((path) =>
      [...textOf(path).matchAll(/from_env="(\w+)"/g)].map(([, name]) => String(name)),
    );
    expect(taken.length).toBeGreaterThan(4);
    expect(taken.filter((name) => !all.has(name))).toEqual([]);
  });

  it('name the cluster that the service is told of', () => {
    const name = compose('docker-compose.cluster.yml').services['writer']?.environment['CLICKHOUSE_CLUSTER'];
    for (const path of xml.filter((one) => one.endsWith('/cluster.xml')))
      expect(textOf(path)).toMatch(new RegExp(`<remote_servers replace="1">\\s*<${name}>`));
  });
});
