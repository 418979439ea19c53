// What is wrong between the objects of a set of manifests: names that nothing has, ports that nobody listens on, selectors
// without pods, pods that may do more than they need. Schemas say nothing of these.

/**
 * @typedef {{ [name: string]: any }} Fields
 * @typedef {{ kind: string, metadata: { name: string, labels?: Record<string, string> } } & Fields} Manifest
 * @typedef {{ name: string, labels: Record<string, string>, spec: Fields }} Pod
 */

/** Kinds whose objects make pods, and that are deployed by us. */
const WORKLOADS = new Set(["Deployment", "StatefulSet", "Job"]);

/**
 * @param {readonly Manifest[]} objects
 * @returns {string[]} a sentence each
 */
export function problemsOf(objects) {
  const pods = objects
    .filter(({ kind }) => WORKLOADS.has(kind))
    .map((each) => ({
      name: each.metadata.name,
      labels: each["spec"].template.metadata.labels ?? {},
      spec: each["spec"].template.spec,
    }));
  const has = (/** @type {string} */ kind, /** @type {string} */ name) =>
    objects.some((each) => each.kind === kind && each.metadata.name === name);
  return [
    ...objects.filter(({ kind }) => WORKLOADS.has(kind)).flatMap(ownSelector),
    ...objects.filter(({ kind }) => kind === "Service").flatMap((each) => ofService(each, pods)),
    ...objects.filter(({ kind }) => kind === "NetworkPolicy").flatMap((each) => ofPolicy(each, pods)),
    ...objects.filter(({ kind }) => kind === "PodDisruptionBudget").flatMap((each) => ofBudget(each, pods)),
    ...objects.flatMap((each) => ofTarget(each, has)),
    ...pods.flatMap((pod) => ofPod(pod, objects, has)),
  ];
}

/** @param {Manifest} object */
function ownSelector({ kind, metadata, spec }) {
  const selector = spec.selector?.matchLabels;
  if (kind === "Job" || matches(selector, spec.template.metadata.labels ?? {})) return [];
  return [`${kind} ${metadata.name}: its selector does not match its own pods`];
}

/** @param {Manifest} service @param {readonly Pod[]} pods */
function ofService({ metadata, spec }, pods) {
  const behind = pods.filter(({ labels }) => matches(spec.selector, labels));
  if (behind.length === 0) return [`Service ${metadata.name}: no pod has the labels that it selects`];
  return spec.ports
    .filter((/** @type {Fields} */ { targetPort }) => !behind.every((pod) => listensOn(pod, targetPort)))
    .map((/** @type {Fields} */ { targetPort }) => `Service ${metadata.name}: no container has the port ${targetPort}`);
}

/** @param {Manifest} policy @param {readonly Pod[]} pods */
function ofPolicy({ metadata, spec }, pods) {
  const about = `NetworkPolicy ${metadata.name}`;
  const chosen = pods.filter(({ labels }) => selected(spec.podSelector, labels));
  const problems = pods.length > 0 && chosen.length === 0 ? [`${about}: it selects no pod`] : [];
  for (const { from = [], ports = [] } of spec.ingress ?? []) {
    problems.push(...unselected(about, from, pods), ...closed(about, ports, chosen));
  }
  for (const { to = [], ports = [] } of spec.egress ?? []) {
    problems.push(...unselected(about, to, pods));
    const there = to.flatMap((/** @type {Fields} */ { podSelector }) =>
      pods.filter(({ labels }) => podSelector !== undefined && selected(podSelector, labels)),
    );
    if (there.length > 0) problems.push(...closed(about, ports, there));
  }
  return problems;
}

/** @param {string} about @param {readonly Fields[]} peers @param {readonly Pod[]} pods */
const unselected = (about, peers, pods) =>
  peers
    .filter(({ podSelector }) => podSelector !== undefined && !pods.some(({ labels }) => selected(podSelector, labels)))
    .map(({ podSelector }) => `${about}: no pod is ${JSON.stringify(podSelector)}`);

/** @param {string} about @param {readonly Fields[]} ports @param {readonly Pod[]} pods */
const closed = (about, ports, pods) =>
  ports
    .filter(({ port }) => typeof port === "string" && !pods.some((pod) => listensOn(pod, port)))
    .map(({ port }) => `${about}: no container has the port ${port}`);

/** @param {Manifest} budget @param {readonly Pod[]} pods */
const ofBudget = ({ metadata, spec }, pods) =>
  pods.some(({ labels }) => selected(spec.selector, labels))
    ? []
    : [`PodDisruptionBudget ${metadata.name}: it selects no pod`];

/** @param {Manifest} object @param {(kind: string, name: string) => boolean} has */
function ofTarget({ kind, metadata, spec }, has) {
  const target = spec?.scaleTargetRef;
  if (target === undefined || has(target.kind, target.name)) return [];
  return [`${kind} ${metadata.name}: there is no ${target.kind} ${target.name}`];
}

/** @param {Pod} pod @param {readonly Manifest[]} objects @param {(kind: string, name: string) => boolean} has */
function ofPod({ name, spec }, objects, has) {
  const problems = [];
  const needs = (/** @type {string} */ kind, /** @type {string | undefined} */ wanted) => {
    if (wanted !== undefined && !has(kind, wanted)) problems.push(`${name}: there is no ${kind} ${wanted}`);
  };
  if (spec["automountServiceAccountToken"] !== false) problems.push(`${name}: its pods get a token of the cluster`);
  if (spec["enableServiceLinks"] !== false) problems.push(`${name}: Services become variables of its environment`);
  if (spec["securityContext"]?.runAsNonRoot !== true) problems.push(`${name}: its pods may run as root`);
  if (spec["securityContext"]?.seccompProfile?.type !== "RuntimeDefault") problems.push(`${name}: no seccomp profile`);
  const own = objects.find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === name);
  const templates = (own?.["spec"].volumeClaimTemplates ?? []).map(
    (/** @type {Manifest} */ each) => each.metadata.name,
  );
  const volumes = (spec["volumes"] ?? []).map(
    (/** @type {Fields} */ { name: volume, persistentVolumeClaim: claim }) => {
      needs("PersistentVolumeClaim", claim?.claimName);
      return volume;
    },
  );
  for (const container of spec["containers"]) {
    const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext ?? {};
    if (allowPrivilegeEscalation !== false || readOnlyRootFilesystem !== true || capabilities?.drop?.[0] !== "ALL")
      problems.push(`${name}: the container ${container.name} may do more than it needs`);
    if (container.resources?.limits?.memory === undefined) problems.push(`${name}: no limit of memory`);
    for (const { name: volume } of container.volumeMounts ?? [])
      if (![...volumes, ...templates].includes(volume)) problems.push(`${name}: there is no volume ${volume}`);
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      needs("ConfigMap", configMapRef?.name);
      needs("Secret", secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      needs("Secret", valueFrom?.secretKeyRef?.name);
      needs("ConfigMap", valueFrom?.configMapKeyRef?.name);
    }
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      const port = container[probe]?.httpGet?.port ?? container[probe]?.tcpSocket?.port;
      if (port !== undefined && !listensOn({ name, labels: {}, spec }, port))
        problems.push(`${name}: its ${probe} asks the port ${port}, which no container has`);
    }
  }
  return problems;
}

/** @param {Pod} pod @param {string | number} port */
const listensOn = ({ spec }, port) =>
  spec["containers"].some((/** @type {Fields} */ { ports = [] }) =>
    ports.some((/** @type {Fields} */ each) => each["name"] === port || each["containerPort"] === port),
  );

/** @param {Record<string, string> | undefined} selector @param {Record<string, string>} labels */
const matches = (selector, labels) =>
  selector !== undefined &&
  Object.keys(selector).length > 0 &&
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** @param {Fields} selector of labels, where an empty one is all @param {Record<string, string>} labels */
const selected = ({ matchLabels = {}, matchExpressions = [] }, labels) =>
  Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
  matchExpressions.every((/** @type {Fields} */ { key, values }) => values.includes(labels[key]));
