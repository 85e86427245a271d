"""An engine that another process of the same user keeps loaded, over a Unix socket.

wire.py      what goes over the socket: frames, methods, ledgers that both sides keep in step
peer.py      where sockets are, and who is at the other end
caller.py    one connection, as the server has it, and a prompt evaluated ahead for it
server.py    many callers on one engine
client.py    one connection, as a caller has it
spare.py     the Engine protocol on it, which goes on in process where the server went away
"""
