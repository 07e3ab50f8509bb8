"""What a person types, a module for each group of commands; asks running services over sockets."""
