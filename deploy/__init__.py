"""How Qingliu is run: on one machine (`onebox`), in containers, behind a proxy. Holds no business rule."""
