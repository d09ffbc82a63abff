"""The post office: the path of a letter from acceptance to mailbox or next host."""
