"""Runs the ClickHouse engine that the package chdb ships as a server: HTTP and the native protocol, until it is killed.

usage: engine-server.py LIBCHDB [argument of clickhouse-local ...]

The library has no such call for Node; Python's ctypes reaches the one that takes a command line.
"""
import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

library = ctypes.CDLL(sys.argv[1])
library.chdb_query_cmdline.restype = ctypes.c_void_p
library.chdb_result_error.restype = ctypes.c_char_p
library.chdb_result_error.argtypes = [ctypes.c_void_p]

HOURS_2 = 7200
query = (
    "SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; "
    f"SELECT sleepEachRow(1) FROM numbers({HOURS_2}) FORMAT Null "
    "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
)
arguments = ["clickhouse", *sys.argv[2:], f"--query={query}"]
result = library.chdb_query_cmdline(
    len(arguments), (ctypes.c_char_p * len(arguments))(*(one.encode() for one in arguments))
)
error = library.chdb_result_error(result)
sys.exit(error.decode() if error else 0)
