"""Whoever types goes on where he was, though a form is drawn anew."""

import re

from playwright.sync_api import expect

from tests.console.serving import visit


def test_a_form_drawn_anew_keeps_where_one_is_and_what_was_typed_meanwhile(browser_page, served, office):
    ended, into = office.account("Ends here", manager="manager"), office.account("Goes on here", manager="manager")
    office.caught_up()
    visit(browser_page, served, f"/console/do/accounts/{ended}/merge")
    form = browser_page.locator("form.command")
    form.get_by_label("Into").fill("Goes on here")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.type("one company")
    expect(form.locator("[data-follows]")).to_contain_text("Goes on here goes on")
    typed_in = form.locator("#f-reason")
    expect(typed_in).to_be_focused()
    expect(typed_in).to_have_value("one company")
    expect(form.get_by_label("Into")).to_have_value(re.compile("Goes on here"))
    assert into != ended


def test_a_choice_that_draws_the_form_anew_stays_under_the_cursor(browser_page, served, office):
    visit(browser_page, served, f"/console/do/accounts/{office.ids['own']}/visits.log")
    browser_page.locator("#f-what").focus()
    browser_page.locator("#f-what").evaluate("each => { each.dataset.old = 'yes'; }")
    browser_page.locator("#f-what").select_option("store_visit")
    expect(browser_page.locator("#f-what[data-old]")).to_have_count(0)
    expect(browser_page.locator("#f-what")).to_be_focused()
