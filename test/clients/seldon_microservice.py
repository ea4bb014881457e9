"""The program seldon-core-microservice, on the loopback interface alone."""

import grpc
import seldon_core.microservice as microservice

EVERYWHERE, LOOPBACK = "0.0.0.0", "127.0.0.1"
Application = microservice.StandaloneApplication
create_server = grpc.server


class LoopbackApplication(Application):
    def load_config(self):
        self.options["bind"] = self.options["bind"].replace(EVERYWHERE, LOOPBACK)
        super().load_config()


class LoopbackUserApplication(microservice.UserModelApplication):
    def load_config(self):
        self.options["bind"] = self.options["bind"].replace(EVERYWHERE, LOOPBACK)
        super().load_config()


def loopback_server(*args, **options):
    server = create_server(*args, **options)
    add_port = server.add_insecure_port
    server.add_insecure_port = lambda address: add_port(address.replace(EVERYWHERE, LOOPBACK))
    return server


if __name__ == "__main__":
    microservice.StandaloneApplication = LoopbackApplication
    microservice.UserModelApplication = LoopbackUserApplication
    grpc.server = loopback_server
    microservice.main()
