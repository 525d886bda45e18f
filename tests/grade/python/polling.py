"""The lab's polling scheduler in Python: the same calls in the same order, its mistakes included. README.md says which they are."""
import argparse
import math
import time

from kubernetes import client, config


def connect(kubeconfig):
    if kubeconfig:
        config.load_kube_config(kubeconfig)
    else:
        config.load_incluster_config()
    return client.CoreV1Api()


def choose_node(api):
    nodes = [node.metadata.name for node in api.list_node().items]
    if not nodes:
        raise RuntimeError("No nodes available")
    everything = api.list_pod_for_all_namespaces().items
    best, fewest = nodes[0], math.inf
    for name in nodes:
        here = sum(pod.spec.node_name == name for pod in everything)
        if here < fewest:
            best, fewest = name, here
    return best


def bind_pod(api, pod, node):
    body = client.V1Binding(
        metadata=client.V1ObjectMeta(name=pod.metadata.name),
        target=client.V1ObjectReference(kind="Node", name=node),
    )
    # The server answers with a Status; the client reads it as a Binding and raises, after the pod has been bound.
    api.create_namespaced_binding(pod.metadata.namespace, body)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scheduler-name", default="my-scheduler")
    parser.add_argument("--kubeconfig")
    parser.add_argument("--interval", type=float, default=2.0)
    args = parser.parse_args()

    api = connect(args.kubeconfig)
    print(f"[polling] scheduler starting… name={args.scheduler_name}")
    while True:
        for pod in api.list_pod_for_all_namespaces(field_selector="spec.nodeName=").items:
            if pod.spec.scheduler_name != args.scheduler_name:
                continue
            try:
                node = choose_node(api)
                bind_pod(api, pod, node)
                print(f"[polling] Bound {pod.metadata.namespace}/{pod.metadata.name} -> {node}")
            except Exception as error:
                print("error:", error)
        time.sleep(args.interval)


if __name__ == "__main__":
    main()
