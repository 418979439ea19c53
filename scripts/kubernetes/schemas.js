// The schemas of Kubernetes's API, of KEDA and of Kubeflow Trainer, strict: a field that they do not know is an error. They
// come by Go's module proxy, pinned by version and held to Go's checksum database.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";

/** @typedef {{ [name: string]: any }} Fields */

const MODULES = {
  kubernetes: "k8s.io/kubernetes@v1.34.2",
  keda: "github.com/kedacore/keda/v2@v2.21.0",
  trainer: "github.com/kubeflow/trainer/v2@v2.0.0",
};

const CRDS = [
  ["keda", "config/crd/bases/keda.sh_scaledobjects.yaml"],
  ["keda", "config/crd/bases/keda.sh_triggerauthentications.yaml"],
  ["trainer", "manifests/base/crds/trainer.kubeflow.org_trainingruntimes.yaml"],
  ["trainer", "manifests/base/crds/trainer.kubeflow.org_trainjobs.yaml"],
];

/** @returns {(object: Fields) => string[]} says what is wrong with an object by its schema */
export function schemas() {
  const folders = Object.fromEntries(Object.entries(MODULES).map(([name, module]) => [name, folderOf(module)]));
  const swagger = JSON.parse(
    readFileSync(join(String(folders["kubernetes"]), "api/openapi-spec/swagger.json"), "utf8"),
  );
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  /** @type {Map<string, string>} */
  const ids = new Map();
  /** @type {Fields} */
  const definitions = {};
  for (const [name, schema] of Object.entries(swagger.definitions)) {
    definitions[name] = special(name) ?? strict(schema);
    for (const { group, version, kind } of schema["x-kubernetes-group-version-kind"] ?? [])
      ids.set([group, version].filter(Boolean).join("/") + ` ${kind}`, `k8s#/definitions/${name}`);
  }
  ajv.addSchema({ $id: "k8s", definitions });
  for (const [module, file] of CRDS) {
    const { spec } = parse(readFileSync(join(String(folders[String(module)]), String(file)), "utf8"));
    for (const { name, schema } of spec.versions) {
      const id = `${spec.group}/${name} ${spec.names.kind}`;
      const body = strict(schema.openAPIV3Schema);
      ajv.addSchema({ $id: encodeURI(id), ...body });
      ids.set(id, encodeURI(id));
    }
  }
  return (object) => {
    const id = ids.get(`${object["apiVersion"]} ${object["kind"]}`);
    if (id === undefined) return [`there is no ${object["apiVersion"]} ${object["kind"]} in the schemas`];
    const validate = ajv.getSchema(id);
    if (validate === undefined || validate(object)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath || "/"} ${message}${"additionalProperty" in params ? `: ${params["additionalProperty"]}` : ""}`,
    );
  };
}

/** Types that are written in several ways. @param {string} name */
function special(name) {
  if (name.endsWith("IntOrString")) return { type: ["integer", "string"] };
  if (name.endsWith("resource.Quantity"))
    return {
      anyOf: [{ type: "number" }, { type: "string", pattern: String.raw`^[+-]?[0-9.]+([eE][+-]?\d+|m|[kMGTPE]i?)?$` }],
    };
  return null;
}

/** A schema that takes no field it does not name. @param {any} schema @returns {any} */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  if (schema["x-kubernetes-int-or-string"] === true) return { type: ["integer", "string"] };
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "properties")
        return [key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, strict(each)]))];
      if (key === "$ref") return [key, String(value).replace("#/", "k8s#/")];
      return [key, strict(value)];
    }),
  );
  if ("metadata" in (inner["properties"] ?? {}) && inner["properties"]["metadata"]["$ref"] === undefined)
    inner["properties"]["metadata"] = { type: "object" };
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || "additionalProperties" in schema;
  return "properties" in schema && !open ? { ...inner, additionalProperties: false } : inner;
}

/** @param {string} module */
function folderOf(module) {
  const cwd = mkdtempSync(join(tmpdir(), "trainer-go-")); // outside of any Go module
  try {
    const answer = execFileSync("go", ["mod", "download", "-json", module], { cwd, encoding: "utf8" });
    return String(JSON.parse(answer)["Dir"]);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}
