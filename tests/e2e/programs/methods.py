"""Flows and tasks as methods of classes."""

from prefect import flow, task


class Pipeline:
    kind = "shared"

    def __init__(self, factor):
        self.factor = factor

    @task
    def scale(self, x):
        return self.factor * x

    @staticmethod
    @task
    def plus(x, y):
        return x + y

    @classmethod
    @task
    def label(cls, text):
        return f"{cls.kind}: {text}"

    @flow(name="scaling")
    def run(self, values: list[int]):
        scaled = [self.scale(v) for v in values]
        submitted = [self.scale.submit(v).result() for v in values]
        return self.label(str(self.plus(sum(scaled), sum(submitted))))

    @staticmethod
    @flow
    def standalone(x: int):
        return x + 1


print(Pipeline(3).run([1, 2, "3"]))
print(Pipeline(5).run(values=[1]))
print(Pipeline.standalone("41"))
