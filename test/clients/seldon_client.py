"""Asks a daemon with the client of seldon-core, as a deployment behind a gateway and as a microservice by itself, over REST and gRPC."""

import os

import numpy as np
from google.protobuf import any_pb2
from google.protobuf.json_format import MessageToDict
from seldon_core.proto import prediction_pb2
from seldon_core.seldon_client import SeldonClient

MODEL = os.environ["MODEL"]
REST = os.environ["REST"]
GRPC = os.environ["GRPC"]
ROWS = np.array([[80.0, 3.0, 12.0], [60.0, 2.0, 40.0]])
PRICES = [[258.0], [160.0]]


def succeeded(answer):
    assert answer.success, answer.msg
    return answer.response


def rows_of(message):
    data = message["data"]
    return data["ndarray"] if "ndarray" in data else np.array(data["tensor"]["values"]).reshape(data["tensor"]["shape"]).tolist()


def gateways(transport, endpoint):
    for gateway, namespace in (("ambassador", "ns"), ("ambassador", None), ("istio", "ns"), ("seldon", "ns")):
        yield SeldonClient(gateway=gateway, transport=transport, namespace=namespace, deployment_name=MODEL, gateway_endpoint=endpoint)


def check_deployment(transport, endpoint):
    for client in gateways(transport, endpoint):
        for payload_type in ("tensor", "ndarray"):
            answer = client.predict(data=ROWS, payload_type=payload_type, names=["a", "b", "c"])
            response = succeeded(answer)
            assert rows_of(response) == PRICES, response
            assert payload_type in response["data"], response
        # Its own feedback takes no lists from its own dicts.
        answer = client.predict(data=ROWS, client_return_type="proto")
        succeeded(client.feedback(answer.request, answer.response, reward=1.0))
    client = SeldonClient(transport=transport, namespace="ns", deployment_name="nobody", gateway_endpoint=endpoint)
    if os.environ.get("HAS_SEVERAL") == "1":
        assert not client.predict(data=ROWS).success


def check_explanations(endpoint):
    for gateway, namespace in (("ambassador", "ns"), ("ambassador", None), ("istio", "ns")):
        client = SeldonClient(gateway=gateway, transport="rest", namespace=namespace, deployment_name=MODEL, gateway_endpoint=endpoint)
        for payload_type in ("tensor", "ndarray"):
            answer = succeeded(client.explain(predictor="default", data=ROWS, payload_type=payload_type, names=["a", "b", "c"]))
            assert [each["outputs"] for each in answer["jsonData"]["explanations"]] == PRICES, answer
    client = SeldonClient(gateway="ambassador", transport="rest", namespace="ns", deployment_name=MODEL, gateway_endpoint=endpoint)
    for way in ({"gateway_prefix": f"/seldon/ns/{MODEL}"}, {"http_path": "/api/v1.0/explain"}):
        assert len(succeeded(client.explain(predictor="default", data=ROWS, **way))["jsonData"]["explanations"]) == 2
    client = SeldonClient(gateway="istio", transport="rest", namespace="ns", deployment_name="nobody", gateway_endpoint=endpoint)
    answer = client.explain(predictor="default", data=ROWS)
    assert (answer.success, answer.response.status_code) == (False, 404), answer.response.text


def check_microservice(transport, endpoint):
    client = SeldonClient(transport=transport, microservice_endpoint=endpoint)

    def asked(method, **data):
        return MessageToDict(succeeded(client.microservice(method=method, **data)))

    for payload_type in ("tensor", "ndarray"):
        assert rows_of(asked("predict", data=ROWS, payload_type=payload_type)) == PRICES
    assert asked("transform-input", str_data="text")["strData"] == "text"
    assert asked("transform-output", bin_data=b"\x00\xff")["binData"] == "AP8="
    json = {"deep": [1, {"a": None}]}
    assert asked("transform-input", json_data=json)["jsonData"] == json
    assert rows_of(asked("route", data=ROWS)) == [[1]]
    assert rows_of(asked("aggregate", datas=[ROWS, ROWS])) == ROWS.tolist()
    messages = [prediction_pb2.SeldonMessage(strData=text) for text in ("asked", "answered")]
    succeeded(client.microservice_feedback(*messages, reward=1.0))
    if transport == "grpc":
        custom = any_pb2.Any(type_url="type.example/mine.Own", value=b"bytes")
        answer = succeeded(client.microservice(custom_data=custom, method="transform-input"))
        assert (answer.customData.type_url, answer.customData.value) == (custom.type_url, custom.value)


if __name__ == "__main__":
    check_deployment("rest", REST)
    check_deployment("grpc", GRPC)
    if os.environ.get("EXPLAINS") == "1":
        check_explanations(REST)
    if os.environ.get("IS_WRAPPER") == "1":
        check_microservice("rest", REST)
        check_microservice("grpc", GRPC)
    print("all right")
