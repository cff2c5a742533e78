"""Run by Alembic, on the connection (and in the transaction) that `dlex.results.database` hands over."""

from alembic import context

from dlex.results.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
