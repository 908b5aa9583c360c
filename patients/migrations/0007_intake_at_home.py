import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KINDS = [('condition', 'Condition'), ('allergy', 'Allergy'), ('medicine', 'Medicine')]
SIDES = [('said', 'What the patient says now'), ('record', 'What stands in the record')]
ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0001_initial'),
        ('patients', '0006_duplicates'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField('intake', 'can_be_pregnant', models.BooleanField(help_text='As the patient says in it; the chart learns it at the review.', null=True)),
        migrations.AddField('intake', 'handed_in_at', models.DateTimeField(help_text='Empty means: the patient has not handed it in, or staff filled it in.', null=True)),
        migrations.AlterField('intake', 'completed_at', models.DateTimeField(help_text='Empty means: it does not count yet.', null=True)),
        migrations.AlterField('intake', 'recorded_by', models.ForeignKey(help_text='Who filled it in or reviewed it. Empty means: only the patient so far.', null=True, on_delete=PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
        migrations.AddConstraint(
            model_name='intake',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source__in', ['link', 'tablet']), _negated=True), ('completed_at', None), models.Q(('handed_in_at__isnull', False), ('recorded_by__isnull', False)), _connector='OR'), name='intake_reviewed_before_it_counts'),
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', ID),
                ('kind', models.CharField(choices=KINDS, max_length=10)),
                ('none_known', models.BooleanField(default=False, help_text='The patient says: none.')),
                ('text', models.TextField(blank=True, help_text='As entered, one a line.', max_length=2000)),
                ('claimed_at', models.DateTimeField()),
                ('intake', models.ForeignKey(on_delete=PROTECT, related_name='claims', to='patients.intake')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('intake', 'kind'), name='claim_once_per_intake'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['condition', 'allergy', 'medicine'])), name='claim_kind_known'),
                    models.CheckConstraint(condition=models.Q(('none_known', False), ('text', ''), _connector='OR'), name='claim_none_or_words'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', ID),
                ('about', models.CharField(help_text='A question, or a list: list-allergy.', max_length=40)),
                ('said', models.CharField(help_text='What the patient said, in words.', max_length=700)),
                ('record', models.CharField(help_text='What stood in the record, in words.', max_length=700)),
                ('kept', models.CharField(choices=SIDES, max_length=10)),
                ('sensitive', models.BooleanField(default=False, help_text='For doctors only.')),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(on_delete=PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('intake', models.ForeignKey(on_delete=PROTECT, related_name='decisions', to='patients.intake')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('intake', 'about'), name='decision_once_per_intake'),
                    models.CheckConstraint(condition=models.Q(('kept__in', ['said', 'record'])), name='decision_kept_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LinkProof',
            fields=[
                ('id', ID),
                ('wrong', models.PositiveSmallIntegerField(default=0)),
                ('proved_at', models.DateTimeField(help_text='Empty means: never said rightly.', null=True)),
                ('locked_at', models.DateTimeField(help_text='Empty means: may be tried.', null=True)),
                ('link', models.OneToOneField(on_delete=PROTECT, related_name='proof', to='messaging.patientlink')),
            ],
        ),
    ]
