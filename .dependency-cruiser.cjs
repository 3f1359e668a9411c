// The import table of docs/ARCHITECTURE.md. Spokes never import each other; only `app` sees them all.
const SPOKES = ['sdk', 'ingest', 'analyzers', 'alerts', 'dashboards', 'sql'];
const TEST = '(\\.test\\.ts$|^test/|^sdk/test/)';

const spokeRules = SPOKES.map((spoke) => ({
  name: `${spoke}-stands-alone`,
  severity: 'error',
  from: { path: `^${spoke}/`, pathNot: TEST },
  to: { path: `^(${[...SPOKES.filter((other) => other !== spoke), 'app'].join('|')})/` },
}));

const ONLY = [
  ['clickhouse', '^sql/', 'node_modules/(@clickhouse|chdb)/'],
  ['kafka', '^ingest/', 'node_modules/kafkajs/'],
  ['express', '^app/', 'node_modules/express/'],
  ['onnxruntime', '^analyzers/embed/', 'node_modules/(onnxruntime-node|@huggingface)/'],
];

module.exports = {
  forbidden: [
    {
      name: 'core-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^core/', pathNot: TEST },
      to: { path: `^(${[...SPOKES, 'app'].join('|')})/` },
    },
    {
      name: 'sdk-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^sdk/', pathNot: TEST },
      to: { path: '^core/' },
    },
    {
      name: 'nothing-imports-the-sdk',
      severity: 'error',
      from: { pathNot: `^sdk/|${TEST}` },
      to: { path: '^sdk/' },
    },
    ...spokeRules,
    ...ONLY.map(([name, from, to]) => ({
      name: `only-${from.slice(1, -1)}-imports-${name}`,
      severity: 'error',
      from: { pathNot: `(${from}|${TEST})` },
      to: { path: to },
    })),
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      from: { orphan: true, pathNot: `(${TEST}|\\.d\\.ts$|^dashboards/page/public/)` },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
