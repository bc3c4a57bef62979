"""Run loggers, levels, prints as logs, and loggers outside runs."""

import logging

from prefect import flow, get_run_logger, task
from prefect.exceptions import MissingContextError
from prefect.logging import disable_run_logger, get_logger


@task(log_prints=True)
def prints(x):
    print("»", "x is", x, sep=" ")
    logger = get_run_logger()
    logger.warning("» careful with %s", x)
    logger.debug("» not shown")


@task
def quiet():
    print("to stdout")


@flow
def logs():
    logger = get_run_logger()
    logger.info("» starting")
    logger.error("» an error that ends nothing")
    prints(3)
    quiet()
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("» with a traceback")
    print("an adapter:", isinstance(logger, logging.LoggerAdapter))


logs()
try:
    get_run_logger()
except MissingContextError:
    print("no run here")
with disable_run_logger():
    prints.fn(4)
get_logger("mine").info("not in a run")
