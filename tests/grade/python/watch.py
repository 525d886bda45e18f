"""The lab's watch scheduler in Python with its spread policy: the same calls in the same order, its mistakes included. README.md says which they are."""
import argparse
import math

from kubernetes import client, config, watch


def connect(kubeconfig):
    if kubeconfig:
        config.load_kube_config(config_file=kubeconfig)
    else:
        config.load_incluster_config()
    return client.CoreV1Api()


def app_of(pod):
    return (pod.metadata.labels or {}).get("app")


def choose_node(api, pod):
    nodes = api.list_node().items
    everything = api.list_pod_for_all_namespaces().items
    app = app_of(pod)
    best, lowest = nodes[0].metadata.name, math.inf
    for name in (node.metadata.name for node in nodes):
        here = [other for other in everything if other.spec.node_name == name]
        score = sum(app_of(other) == app for other in here) if app else len(here)
        print(f"[watch-scheduler] node {name} score={score} (app={app})")
        if score < lowest:
            best, lowest = name, score
    print(f"[watch-scheduler] choosing node {best} with score={lowest}")
    return best


def bind_pod(api, pod, node):
    body = client.V1Binding(
        metadata=client.V1ObjectMeta(name=pod.metadata.name),
        target=client.V1ObjectReference(kind="Node", name=node),
    )
    # Without _preload_content=False the client would read the Status that comes back as a Binding, and raise.
    api.create_namespaced_binding(namespace=pod.metadata.namespace, body=body, _preload_content=False)
    print(f"[watch-scheduler] Bound {pod.metadata.namespace}/{pod.metadata.name} -> {node}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scheduler-name", default="my-scheduler")
    parser.add_argument("--kubeconfig")
    args = parser.parse_args()

    api = connect(args.kubeconfig)
    print(f"[watch-scheduler] scheduler starting… name={args.scheduler_name}")
    for event in watch.Watch().stream(api.list_pod_for_all_namespaces, _request_timeout=60):
        pod = event["object"]
        if pod is None or not hasattr(pod, "spec") or event["type"] != "ADDED":
            continue
        # `is not set` compares with Python's type `set`: it is always true, of bound pods too.
        if pod.spec.node_name is not set and pod.spec.scheduler_name == args.scheduler_name:
            print(f"[watch-scheduler] event={event['type']} pod={pod.metadata.namespace}/{pod.metadata.name}")
            bind_pod(api, pod, choose_node(api, pod))


if __name__ == "__main__":
    main()
