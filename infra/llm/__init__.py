"""Asks a language model over the chat protocol that OpenAI began and many servers speak."""
