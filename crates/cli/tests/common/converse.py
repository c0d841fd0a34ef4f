"""Runs a command in a pseudo-terminal and holds a conversation with it.

stdin: a JSON list of [what to wait for, what to type]. stdout: everything that stood on the terminal. Ends with the command's exit code.
"""

import json
import os
import pty
import select
import sys
import termios
import time

PATIENCE_S = 60
# A program writes its question first and listens after that. One that reads lines as they are typed never stops the echo.
LISTENING_S = 2
# Nobody answers faster. Meanwhile the terminal throws away what came before it listened.
PAUSE_S = 0.2

conversation = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

screen = b""
seen = 0


def read_some():
    """Adds what the command wrote; False when it has ended or says nothing for too long."""
    global screen
    ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
    if not ready:
        return False
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        return False
    screen += piece
    return bool(piece)


def wait_until_it_listens():
    """Nobody types into a password prompt before it hides what is typed: what came too early would be thrown away."""
    until = time.monotonic() + LISTENING_S
    while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(PAUSE_S)


for question, answer in conversation:
    while (found := screen.find(question.encode(), seen)) < 0:
        if not read_some():
            sys.stdout.buffer.write(screen)
            sys.exit(f"\nnever asked: {question}")
    seen = found + len(question.encode())
    wait_until_it_listens()
    os.write(terminal, answer.encode())
while read_some():
    pass
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(screen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
