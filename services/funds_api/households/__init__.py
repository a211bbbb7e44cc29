"""The registered households whom money is meant for; their people rest as ciphertext and leave masked."""
