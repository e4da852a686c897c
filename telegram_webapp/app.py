"""The web application: everything a visitor can ask for, and who may."""

from flask import Flask

from infra.reload import Reload
from infra.settings import Settings
from store.access import Role
from telegram_webapp.archive import Archive
from telegram_webapp.assets import Assets
from telegram_webapp.auth.cookie import SessionCookie
from telegram_webapp.auth.doorman import Doorman
from telegram_webapp.auth.guard import Guard, current_identity
from telegram_webapp.auth.hosts import Hosts
from telegram_webapp.auth.needs import check_every_view_is_marked, requires
from telegram_webapp.body import MAX_BYTES
from telegram_webapp.express import Express
from telegram_webapp.headers import install_headers
from telegram_webapp.last_answers import install_last_answers
from telegram_webapp.limits import Limits
from telegram_webapp.link import EngineLink
from telegram_webapp.problems import install_problems
from telegram_webapp.proxies import Proxies
from telegram_webapp.request_ids import install_request_ids
from telegram_webapp.results import Results
from telegram_webapp.routes.accounts import account_routes
from telegram_webapp.routes.alert_rules import alert_rule_routes
from telegram_webapp.routes.alert_settings import alert_settings_routes
from telegram_webapp.routes.alerts import alert_routes
from telegram_webapp.routes.charts import chart_routes
from telegram_webapp.routes.commands import command_routes
from telegram_webapp.routes.docs import docs_routes
from telegram_webapp.routes.downloads import download_routes
from telegram_webapp.routes.figures import figure_routes
from telegram_webapp.routes.health import health_routes
from telegram_webapp.routes.keys import key_routes
from telegram_webapp.routes.learning import learning_routes
from telegram_webapp.routes.lists import list_routes
from telegram_webapp.routes.logs import log_routes
from telegram_webapp.routes.market import market_routes
from telegram_webapp.routes.metrics import metrics_routes
from telegram_webapp.routes.page import page_routes
from telegram_webapp.routes.performance import performance_routes
from telegram_webapp.routes.preferences import preference_routes
from telegram_webapp.routes.report import report_routes
from telegram_webapp.routes.session import session_routes
from telegram_webapp.routes.sessions import open_session_routes
from telegram_webapp.routes.settings import setting_routes
from telegram_webapp.routes.signals import signal_routes
from telegram_webapp.routes.state import state_routes
from telegram_webapp.routes.stream import install_stream
from telegram_webapp.routes.summary import summary_routes
from telegram_webapp.routes.symbols import symbol_routes
from telegram_webapp.routes.system import system_routes
from telegram_webapp.routes.telegram import telegram_routes
from telegram_webapp.routes.trade import trade_routes
from telegram_webapp.routes.users import user_routes
from telegram_webapp.settings_desk import SettingsDesk
from telegram_webapp.site import Site
from telegram_webapp.vitals import VITALS, WebVitals
from utils.clock import Clock


def create_app(
    settings: Settings,
    link: EngineLink,
    doorman: Doorman,
    clock: Clock,
    limits: Limits | None = None,
    desk: SettingsDesk | None = None,
) -> Flask:
    """Return the application.

    Args:
        settings: where it is served, and for how long one stays signed in.
        link: the engine's state, streams and ear for commands.
        doorman: knows the credentials; the same one that the link's hub asks.
        clock: wall time.
        limits: how often one may ask; the usual ones unless given.
        desk: where *settings* may be changed; one that reads this process's unless given.

    Raises:
        ConfigError: the page's files are not there, or the database's URL is none.
    """
    app = Flask("quarterdeck", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BYTES, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.url_map.merge_slashes = False
    limits = limits or Limits(clock)
    cookie = SessionCookie(settings.dashboard_port)
    hosts = Hosts(settings.dashboard_host, settings.trusted_hosts, settings.public_url)
    guard = Guard(doorman, limits, hosts, cookie)
    archive = Archive(settings.database, clock)
    desk = desk or SettingsDesk(Reload(settings), link.hub, doorman.store.audit, clock)
    site = Site(
        desk=desk,
        clock=clock,
        link=link,
        doorman=doorman,
        limits=limits,
        cookie=cookie,
        guard=guard,
        archive=archive,
        results=Results(archive, link, clock),
        assets=Assets(settings.data_dir / "cache"),
        vitals=WebVitals(lambda: desk.settings, link, archive.meter, clock),
    )
    app.extensions[VITALS] = site.vitals
    install_request_ids(app)
    install_problems(app)
    install_last_answers(app, clock)
    install_headers(app)
    guard.install(app)
    for routes in (
        page_routes, health_routes, session_routes, telegram_routes, state_routes, list_routes,
        chart_routes, figure_routes, market_routes, summary_routes, command_routes, report_routes,
        account_routes, trade_routes, signal_routes, performance_routes, key_routes,
        user_routes, open_session_routes,
        learning_routes, download_routes, alert_routes, alert_rule_routes,
        setting_routes,
        alert_settings_routes, log_routes, preference_routes, metrics_routes,
        system_routes, docs_routes, symbol_routes,
    ):  # fmt: skip
        app.register_blueprint(routes(site))
    install_stream(app, link.hub, current_identity)
    # streams have a cap of their own
    requires(Role.VIEWER, counted=False)(app.view_functions["stream.stream"])
    check_every_view_is_marked(app)
    app.wsgi_app = Express(app.wsgi_app, link, doorman, limits)  # type: ignore[method-assign]
    app.wsgi_app = Proxies(  # type: ignore[method-assign]
        app.wsgi_app, settings.trusted_proxies, settings.public_url
    )
    return app
